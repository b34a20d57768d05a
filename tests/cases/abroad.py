"""Rows abroad: consumers and companies in other member states, third countries and territories."""

from datetime import date

from cases import sellers as s
from cases.model import Booked, Buyer, TaxCase, booked, company, goods, person
from common.domain.merchant import (
    EXPORT_CATEGORY,
    GOODS_CATEGORY,
    INTRA_COMMUNITY_CATEGORY,
    ORIGIN_CATEGORY,
    ORIGIN_SERVICES_CATEGORY,
    OSS_CATEGORY,
    OSS_SERVICES_CATEGORY,
    REVERSE_CHARGE_CATEGORY,
    SERVICES_CATEGORY,
)
from common.domain.reasons import DocumentReason

DAY = date(2025, 3, 4)
EXPORT = booked(EXPORT_CATEGORY, "0", contact="person", fired=("export.goods",))
HOME_COMPANY_ABROAD = booked(GOODS_CATEGORY, "19", fired=("domestic.home_company_abroad",))
PICKED_UP = booked(GOODS_CATEGORY, "19", fired=("place.picked_up",))
SHOWN_INVALID = booked(OSS_CATEGORY, "20", contact="company", fired=("vat_id.invalid_tax_as_shown",))
SHOWN_UNCHECKED = booked(OSS_CATEGORY, "20", contact="company", fired=("vat_id.not_checked_tax_as_shown",))
INTRA = booked(INTRA_COMMUNITY_CATEGORY, "0", contact="company", fired=("vat_id.checked_valid",))


def oss(*rates: str, shipping_on: date | None = None) -> Booked:
    """Booked as a distance sale taxed in the country of delivery."""
    return booked(
        OSS_CATEGORY, *rates, contact="person", shipping_on=shipping_on, fired=("distance_sale.oss",)
    )


def change(buyer: Buyer, last: date, before: str, first: date, after: str) -> tuple[TaxCase, ...]:
    """Four rows around a change of rates: each rate on the last day of the old and the first of the new."""
    wrong = DocumentReason.RATE_NOT_VALID_ON_DATE
    return tuple(
        TaxCase("R23", s.OSS, buyer, goods(f"{rate} %", rate), on, oss(rate) if fits else wrong)
        for on, rate, fits in (
            (last, before, True),
            (last, after, False),
            (first, before, False),
            (first, after, True),
        )
    )


CONSUMERS = (
    TaxCase("R25", s.OSS, s.VIENNA, goods("20 %", "20"), DAY, oss("20")),
    TaxCase("R25", s.OSS, s.PARIS, goods("20 % and 5.5 %", "20", "5.5"), DAY, oss("20", "5.5")),
    TaxCase("R25", s.OSS, s.DUBLIN, goods("23 %", "23"), DAY, oss("23")),
    TaxCase("R25", s.OSS, person("MC", "98000", "Monaco"), goods("20 %", "20"), DAY, oss("20")),
    TaxCase("R25", s.OSS, person("GB", "BT1 5GS", "Belfast"), goods("20 %", "20"), DAY, oss("20")),
    TaxCase(
        "R25",
        s.OSS,
        person("DE", "10115", "Berlin", delivery=s.TO_VIENNA),
        goods("20 %", "20"),
        DAY,
        oss("20"),
    ),
    TaxCase(
        "R25",
        s.OSS,
        company("AT", "1010"),
        goods("20 %", "20"),
        DAY,
        booked(OSS_CATEGORY, "20", contact="company"),
    ),
    TaxCase("R25", s.OSS, s.VIENNA, s.FULL, DAY, DocumentReason.DISTANCE_SALES_MISMATCH),
    TaxCase("R25", s.ORIGIN, s.VIENNA, s.FULL, DAY, booked(ORIGIN_CATEGORY, "19", contact="person")),
    TaxCase("R25", s.ORIGIN, s.VIENNA, s.MIXED, DAY, booked(ORIGIN_CATEGORY, "19", "7", contact="person")),
    TaxCase("R25", s.ORIGIN, s.VIENNA, goods("20 %", "20"), DAY, DocumentReason.DISTANCE_SALES_MISMATCH),
    TaxCase("R25", s.PLAIN, s.VIENNA, s.FULL, DAY, DocumentReason.DISTANCE_SALES_UNSET),
    TaxCase(
        "R25", s.OSS_PARKED, s.VIENNA, goods("20 %", "20"), DAY, DocumentReason.DISTANCE_SALES_SWITCHED_OFF
    ),
    TaxCase("R25", s.OSS, s.VIENNA, goods("21 %", "21"), DAY, DocumentReason.RATE_UNKNOWN),
    TaxCase(
        "R25",
        s.SERVICES,
        s.VIENNA,
        goods("20 %", "20"),
        DAY,
        booked(OSS_SERVICES_CATEGORY, "20", contact="person"),
    ),
    TaxCase(
        "R25",
        s.SERVICES_ORIGIN,
        s.VIENNA,
        s.FULL,
        DAY,
        booked(ORIGIN_SERVICES_CATEGORY, "19", contact="person"),
    ),
    TaxCase("R25", s.BOTH, s.VIENNA, s.DIGITAL_AND_GOODS, DAY, DocumentReason.GOODS_AND_SERVICES_MIXED),
    TaxCase(
        "R24", s.OSS, s.DUBLIN, goods("23 % and 0 %", "23", "0"), DAY, DocumentReason.ZERO_RATE_UNEXPLAINED
    ),
    *change(s.BRATISLAVA, date(2024, 12, 31), "20", date(2025, 1, 1), "23"),
    *change(s.TALLINN, date(2025, 6, 30), "22", date(2025, 7, 1), "24"),
    *change(s.BUCHAREST, date(2025, 7, 31), "9", date(2025, 8, 1), "11"),
    TaxCase("R23", s.OSS, s.BUCHAREST, s.FULL, date(2025, 7, 31), oss("19")),
    TaxCase("R23", s.OSS, s.BUCHAREST, s.FULL, date(2025, 8, 1), DocumentReason.DISTANCE_SALES_MISMATCH),
    TaxCase("R23", s.OSS, s.BUCHAREST, goods("21 %", "21"), date(2025, 8, 1), oss("21")),
    *change(s.HELSINKI, date(2025, 12, 31), "14", date(2026, 1, 1), "13.5"),
    *change(s.VILNIUS, date(2025, 12, 31), "9", date(2026, 1, 1), "12"),
    TaxCase(
        "R26",
        s.OSS,
        s.BRATISLAVA,
        goods("20 %", "20"),
        date(2025, 1, 20),
        oss("20", shipping_on=date(2024, 12, 20)),
        correction_of=date(2024, 12, 22),
        original={"supplied_on": date(2024, 12, 20)},
    ),
    TaxCase(
        "R26",
        s.OSS_SINCE_2025,
        s.VIENNA,
        s.FULL,
        date(2025, 1, 20),
        booked(GOODS_CATEGORY, "19", contact="person", fired=("distance_sale.before_oss",)),
        correction_of=date(2024, 12, 22),
    ),
    TaxCase(
        "R26",
        s.OSS_SINCE_2025,
        s.VIENNA,
        goods("20 %", "20"),
        date(2025, 1, 20),
        DocumentReason.DISTANCE_SALES_MISMATCH,
        correction_of=date(2024, 12, 22),
    ),
    TaxCase("R26", s.OSS_SINCE_2025, s.VIENNA, goods("20 %", "20"), date(2025, 1, 1), oss("20")),
)

COMPANIES = (
    TaxCase("R27", s.OSS, s.AUSTRIAN, s.FREE, DAY, INTRA, vat_check="valid"),
    TaxCase("R27", s.PLAIN, s.GREEK, s.FREE, DAY, INTRA, vat_check="valid"),
    TaxCase("R27", s.PLAIN, s.NORTHERN_IRISH, s.FREE, DAY, INTRA, vat_check="valid"),
    TaxCase("R27", s.PLAIN, s.AUSTRIAN, s.FREE, DAY, DocumentReason.VAT_CHECK_PENDING),
    TaxCase(
        "R27", s.PLAIN, s.AUSTRIAN, s.FREE, DAY, DocumentReason.VAT_CHECK_PENDING, vat_check="unavailable"
    ),
    TaxCase("R27", s.PLAIN, s.AUSTRIAN, s.FREE, DAY, DocumentReason.VAT_ID_INVALID, vat_check="invalid"),
    TaxCase("R27", s.PLAIN, company("AT", "1010"), s.FREE, DAY, DocumentReason.VAT_ID_MISSING),
    TaxCase(
        "R27", s.PLAIN, company("AT", "1010", "ATU00000000"), s.FREE, DAY, DocumentReason.VAT_ID_MALFORMED
    ),
    TaxCase(
        "R27",
        s.PLAIN,
        company("AT", "1010", "FR40303265045"),
        s.FREE,
        DAY,
        DocumentReason.VAT_ID_OF_OTHER_STATE,
    ),
    TaxCase("R52", s.PLAIN, s.GERMAN_IN_VIENNA, s.FREE, DAY, DocumentReason.VAT_ID_NOT_FOREIGN),
    TaxCase("R52", s.OSS, s.GERMAN_IN_VIENNA, s.FULL, DAY, HOME_COMPANY_ABROAD),
    TaxCase("R52", s.OSS, s.GERMAN_IN_VIENNA, goods("20 %", "20"), DAY, DocumentReason.RATE_OF_OTHER_COUNTRY),
    TaxCase("R52", s.OSS, s.GERMAN_TO_VIENNA, s.FULL, DAY, HOME_COMPANY_ABROAD),
    TaxCase("R51", s.OSS, s.VIENNA, s.FULL, DAY, PICKED_UP, order={"shipping": s.PICKUP}),
    TaxCase("R51", s.OSS, s.ZURICH, s.FULL, DAY, PICKED_UP, order={"shipping": s.PICKUP}),
    TaxCase(
        "R51",
        s.OSS,
        s.VIENNA,
        s.FREE,
        DAY,
        DocumentReason.ZERO_RATE_UNMAPPED,
        order={"shipping": s.PICKUP},
    ),
    TaxCase("R51", s.ON_SITE, s.VIENNA, s.TICKET, DAY, booked(SERVICES_CATEGORY, "19")),
    TaxCase(
        "R27",
        s.PLAIN,
        company("AT", "1010", "ATU13585627", name=None),
        s.FREE,
        DAY,
        DocumentReason.COMPANY_NAME_MISSING,
        vat_check="valid",
    ),
    TaxCase("R52", s.OSS, s.AUSTRIAN, s.SHOWN_THERE, DAY, DocumentReason.VAT_CHECK_PENDING),
    TaxCase(
        "R52",
        s.OSS,
        s.AUSTRIAN,
        s.SHOWN_THERE,
        DAY,
        DocumentReason.VAT_CHECK_PENDING,
        vat_check="unavailable",
    ),
    TaxCase(
        "R39", s.OSS, s.AUSTRIAN, s.SHOWN_THERE, DAY, DocumentReason.TAX_SHOWN_TO_COMPANY, vat_check="valid"
    ),
    TaxCase("R52", s.OSS, s.AUSTRIAN, s.SHOWN_THERE, DAY, SHOWN_INVALID, vat_check="invalid"),
    TaxCase("R52", s.OSS, s.AUSTRIAN, s.SHOWN_THERE, DAY, SHOWN_UNCHECKED, overdue=True),
    TaxCase(
        "R52", s.OSS, s.AUSTRIAN, s.SHOWN_THERE, DAY, SHOWN_UNCHECKED, vat_check="unavailable", overdue=True
    ),
    TaxCase("R39", s.ORIGIN, s.AUSTRIAN, s.FULL, DAY, DocumentReason.TAX_SHOWN_TO_COMPANY, vat_check="valid"),
    TaxCase("R52", s.PLAIN, s.WITHOUT_LETTERS, s.FREE, DAY, INTRA, vat_check="valid"),
    TaxCase(
        "R28",
        s.SERVICES,
        s.AUSTRIAN,
        s.FREE,
        DAY,
        booked(REVERSE_CHARGE_CATEGORY, "0", contact="company", fired=("reverse_charge.member_state",)),
        vat_check="valid",
    ),
    TaxCase("R28", s.SERVICES, s.AUSTRIAN, s.FREE, DAY, DocumentReason.VAT_CHECK_PENDING),
)

ABROAD_CASES = (*CONSUMERS, *COMPANIES)
