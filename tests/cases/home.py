"""Rows at home: Germany, small business, margin scheme, and what is left out before any tax case."""

from datetime import date

from cases import sellers as s
from cases.model import Booked, Excluded, TaxCase, booked, company, goods, person
from common.domain.merchant import (
    GOODS_CATEGORY,
    REVERSE_CHARGE_CATEGORY,
    SERVICES_CATEGORY,
    SMALL_BUSINESS_BEFORE,
    SMALL_BUSINESS_CATEGORY,
)
from common.domain.reasons import DocumentReason
from factories.documents import LIABILITY_CATEGORY, ZERO_CATEGORY

DAY = date(2025, 3, 4)
HOME_GOODS = booked(GOODS_CATEGORY, "19", fired=("domestic",))

HOME_CASES = (
    TaxCase("R22", s.PLAIN, s.BERLIN, s.FULL, DAY, HOME_GOODS),
    TaxCase("R22", s.PLAIN, s.BERLIN, s.BOOKS, DAY, booked(GOODS_CATEGORY, "7")),
    TaxCase("R22", s.PLAIN, s.BERLIN, s.MIXED, DAY, booked(GOODS_CATEGORY, "19", "7")),
    TaxCase("R22", s.PLAIN, s.HOME_COMPANY, s.FULL, DAY, HOME_GOODS),
    TaxCase("R22", s.SERVICES, s.BERLIN, s.FULL, DAY, booked(SERVICES_CATEGORY, "19")),
    TaxCase("R22", s.BOTH, s.BERLIN, s.DIGITAL, DAY, booked(SERVICES_CATEGORY, "19")),
    TaxCase("R22", s.BOTH, s.BERLIN, s.NOT_DIGITAL, DAY, HOME_GOODS),
    TaxCase("R22", s.PLAIN, person("AT", "1010", "Wien", delivery=s.TO_HOME), s.FULL, DAY, HOME_GOODS),
    TaxCase("R23", s.PLAIN, s.BERLIN, s.FULL, date(2020, 6, 30), HOME_GOODS),
    TaxCase("R23", s.PLAIN, s.BERLIN, s.FULL, date(2020, 7, 1), DocumentReason.RATE_NOT_VALID_ON_DATE),
    TaxCase("R23", s.PLAIN, s.BERLIN, goods("16 %", "16"), date(2020, 7, 1), booked(GOODS_CATEGORY, "16")),
    TaxCase("R23", s.PLAIN, s.BERLIN, goods("5 %", "5"), date(2020, 12, 31), booked(GOODS_CATEGORY, "5")),
    TaxCase(
        "R23", s.PLAIN, s.BERLIN, goods("16 %", "16"), date(2021, 1, 1), DocumentReason.RATE_NOT_VALID_ON_DATE
    ),
    TaxCase(
        "R23",
        s.PLAIN,
        s.BERLIN,
        goods("16 %", "16"),
        date(2021, 1, 4),
        booked(GOODS_CATEGORY, "16", shipping_on=date(2020, 12, 31)),
        dispatched_on=date(2020, 12, 31),
    ),
    TaxCase("R23", s.PLAIN, s.BERLIN, goods("20 %", "20"), DAY, DocumentReason.RATE_UNKNOWN),
    TaxCase(
        "R23",
        s.PLAIN,
        person("AT", "1010", "Wien", delivery=s.TO_HOME),
        goods("20 %", "20"),
        DAY,
        DocumentReason.RATE_OF_OTHER_COUNTRY,
    ),
    TaxCase("R24", s.PLAIN, s.BERLIN, s.FREE, DAY, DocumentReason.ZERO_RATE_UNMAPPED),
    TaxCase("R24", s.ZERO_MAPPED, s.BERLIN, s.FREE, DAY, booked(ZERO_CATEGORY, "0")),
    TaxCase(
        "R24",
        s.ZERO_MAPPED,
        s.BERLIN,
        s.PARTLY_FREE,
        DAY,
        Booked(((GOODS_CATEGORY, "19"), (ZERO_CATEGORY, "0")), "collective"),
    ),
    TaxCase("R24", s.SOLAR_MAPPED, s.BERLIN, s.SOLAR, DAY, booked(ZERO_CATEGORY, "0")),
    TaxCase("R24", s.SOLAR_MAPPED, s.BERLIN, s.COURSE, DAY, DocumentReason.ZERO_RATE_UNMAPPED),
    TaxCase("R50", s.SOLAR_MAPPED, s.BERLIN, s.CARD, DAY, DocumentReason.MULTI_PURPOSE_VOUCHER),
    TaxCase("R50", s.ZERO_MAPPED, s.BERLIN, s.CARD, DAY, DocumentReason.MULTI_PURPOSE_VOUCHER),
    TaxCase("R50", s.SMALL, s.BERLIN, s.CARD, DAY, DocumentReason.MULTI_PURPOSE_VOUCHER),
    TaxCase("R50", s.PLAIN, s.BERLIN, s.CARD_TAXED, DAY, HOME_GOODS),
    TaxCase("R50", s.VOUCHERS_MAPPED, s.BERLIN, s.CARD, DAY, booked(LIABILITY_CATEGORY, "0")),
    TaxCase("R50", s.VOUCHERS_MAPPED, s.VIENNA, s.CARD, DAY, booked(LIABILITY_CATEGORY, "0")),
    TaxCase("R50", s.VOUCHERS_MAPPED, s.ZURICH, s.CARD, DAY, booked(LIABILITY_CATEGORY, "0")),
    TaxCase(
        "R50",
        s.VOUCHERS_MAPPED,
        s.BERLIN,
        s.CARD_BESIDE,
        DAY,
        Booked(((GOODS_CATEGORY, "19"), (LIABILITY_CATEGORY, "0")), "collective"),
    ),
    TaxCase(
        "R24",
        s.ZERO_MAPPED,
        company("DE", "10115", "ATU13585627"),
        s.FREE,
        DAY,
        DocumentReason.BUYER_VAT_ID_FOREIGN,
    ),
    TaxCase("R28", s.ZERO_MAPPED, s.HOME_COMPANY, s.FREE, DAY, DocumentReason.ZERO_RATE_TO_COMPANY),
    TaxCase("R28", s.ZERO_MAPPED, company("DE", "10115"), s.FREE, DAY, DocumentReason.ZERO_RATE_TO_COMPANY),
    TaxCase("R28", s.ZERO_FOR_ALL, s.HOME_COMPANY, s.FREE, DAY, booked(ZERO_CATEGORY, "0")),
    TaxCase(
        "R28",
        s.REVERSE_AT_HOME,
        s.HOME_COMPANY,
        s.FREE,
        DAY,
        booked(REVERSE_CHARGE_CATEGORY, "0", contact="company", fired=("reverse_charge.domestic",)),
    ),
    TaxCase(
        "R28", s.REVERSE_AT_HOME, s.HOME_COMPANY, s.PARTLY_FREE, DAY, DocumentReason.ZERO_RATE_TO_COMPANY
    ),
    TaxCase(
        "R28",
        s.REVERSE_AT_HOME,
        company("DE", "10115", "DE136695976", name=None),
        s.FREE,
        DAY,
        DocumentReason.COMPANY_NAME_MISSING,
    ),
    TaxCase("R31", s.SMALL, s.BERLIN, s.FREE, date(2026, 4, 27), booked(SMALL_BUSINESS_BEFORE, "0")),
    TaxCase("R31", s.SMALL, s.BERLIN, s.FREE, date(2026, 4, 28), booked(SMALL_BUSINESS_CATEGORY, "0")),
    TaxCase("R31", s.SMALL, s.VIENNA, s.FREE, date(2026, 5, 4), booked(SMALL_BUSINESS_CATEGORY, "0")),
    TaxCase("R31", s.SMALL, s.ZURICH, s.FREE, date(2026, 5, 4), booked(SMALL_BUSINESS_CATEGORY, "0")),
    TaxCase("R31", s.SMALL, s.BERLIN, s.FULL, date(2026, 5, 4), DocumentReason.SMALL_BUSINESS_TAXED),
    TaxCase("R31", s.SMALL, s.BERLIN, s.PARTLY_FREE, date(2026, 5, 4), DocumentReason.SMALL_BUSINESS_TAXED),
    TaxCase("R24", s.VAT_FREE, s.BERLIN, s.FREE, DAY, DocumentReason.SELLER_TAX_EXEMPT),
    TaxCase("R32", s.PLAIN, s.BERLIN, s.USED, DAY, DocumentReason.MARGIN_SCHEME),
    TaxCase("R32", s.PLAIN, s.BERLIN, s.USED_BY_NAME, DAY, DocumentReason.MARGIN_SCHEME),
    TaxCase("R32", s.MARGIN_MAPPED, s.BERLIN, s.USED, DAY, booked(ZERO_CATEGORY, "0")),
    TaxCase("R32", s.MARGIN_MAPPED, s.BERLIN, s.USED_TAXED, DAY, DocumentReason.MARGIN_SCHEME),
    TaxCase(
        "R33",
        s.PLAIN,
        s.BERLIN,
        s.FULL,
        DAY,
        booked(GOODS_CATEGORY, "19", shipping_on=DAY),
        dispatched_on=DAY,
    ),
    TaxCase("R34", s.SINGLE, s.BERLIN, s.FULL, DAY, booked(GOODS_CATEGORY, "19", contact="person")),
    TaxCase("R34", s.SINGLE, s.HOME_COMPANY, s.FULL, DAY, booked(GOODS_CATEGORY, "19", contact="company")),
    TaxCase("R4", s.NO_INVOICE_PAID, s.BERLIN, s.FULL, DAY, Excluded("payment_method")),
    TaxCase("R4", s.TAGGED_OUT, s.BERLIN, s.FULL, DAY, Excluded("tag"), order={"tags": ("bar",)}),
    TaxCase("R4", s.START_2025, s.BERLIN, s.FULL, date(2024, 12, 31), Excluded("before_start_date")),
    TaxCase("R4", s.PLAIN, s.BERLIN, goods("for free", "19", price="0.00"), DAY, Excluded("zero_total")),
    TaxCase("R36", s.PLAIN, s.BERLIN, s.FULL, DAY, HOME_GOODS, correction_of=date(2025, 3, 1)),
    TaxCase(
        "R23",
        s.PLAIN,
        s.BERLIN,
        goods("16 %", "16"),
        date(2021, 2, 1),
        booked(GOODS_CATEGORY, "16"),
        correction_of=date(2020, 12, 20),
    ),
)
