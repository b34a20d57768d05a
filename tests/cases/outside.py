"""Rows outside the VAT area, at its edges, and of addresses and corrections that do not fit."""

from datetime import date

from cases import sellers as s
from cases.abroad import DAY, EXPORT, INTRA, oss
from cases.model import TaxCase, amounts, booked, company, goods, person
from common.domain.merchant import (
    EXPORT_CATEGORY,
    EXPORT_SERVICES_CATEGORY,
    GOODS_CATEGORY,
    INCOME_CATEGORY,
    ORIGIN_CATEGORY,
)
from common.domain.reasons import DocumentReason
from factories.documents import make_address

ORIGIN_19 = booked(ORIGIN_CATEGORY, "19", contact="person")
WRONG_DAY = DocumentReason.RATE_NOT_VALID_ON_DATE

OUTSIDE_CASES = (
    TaxCase("R29", s.PLAIN, s.ZURICH, s.FREE, DAY, EXPORT),
    TaxCase("R53", s.PLAIN, s.ZURICH, s.SHOWN_GROSS, DAY, EXPORT, total="129.70"),
    TaxCase("R53", s.PLAIN, s.ZURICH, s.SHOWN_GROSS, DAY, EXPORT, total="110.00"),
    TaxCase("R53", s.OSS, s.AUSTRIAN, s.SHOWN_GROSS, DAY, INTRA, vat_check="valid", total="110.00"),
    TaxCase(
        "R53", s.PLAIN, s.ZURICH, s.SHOWN_GROSS, DAY, DocumentReason.AMOUNTS_DO_NOT_ADD_UP, total="100.00"
    ),
    TaxCase(
        "R53", s.PLAIN, s.ZURICH, s.SHOWN_GROSS, DAY, DocumentReason.AMOUNTS_DO_NOT_ADD_UP, total="109.70"
    ),
    TaxCase("R29", s.PLAIN, s.SWISS, s.FREE, DAY, booked(EXPORT_CATEGORY, "0", contact="company")),
    TaxCase("R29", s.PLAIN, person("NO", "0150", "Oslo"), s.FREE, DAY, EXPORT),
    TaxCase("R29", s.PLAIN, person("IS", "101", "Reykjavík"), s.FREE, DAY, EXPORT),
    TaxCase("R29", s.PLAIN, person("LI", "9490", "Vaduz"), s.FREE, DAY, EXPORT),
    TaxCase("R29", s.PLAIN, person("GB", "SW1A 1AA", "London"), s.FREE, DAY, EXPORT),
    TaxCase("R39", s.PLAIN, s.ZURICH, s.FULL, DAY, DocumentReason.TAX_SHOWN_ON_EXPORT),
    TaxCase(
        "R29",
        s.SERVICES,
        s.SWISS,
        s.FREE,
        DAY,
        booked(EXPORT_SERVICES_CATEGORY, "0", contact="company", fired=("export.services",)),
    ),
    TaxCase(
        "R29",
        s.SERVICES,
        s.ZURICH,
        s.FREE,
        DAY,
        booked(INCOME_CATEGORY, "0", contact="person", fired=("export.person_as_income",)),
    ),
    TaxCase(
        "R29",
        s.SERVICES,
        company("CH", "8001", "keine", name=None),
        s.FREE,
        DAY,
        booked(INCOME_CATEGORY, "0", contact="person", fired=("export.person_as_income",)),
    ),
    TaxCase(
        "R29", s.SERVICES, person("GB", "BT1 5GS", "Belfast"), s.FULL, DAY, DocumentReason.TAX_SHOWN_ON_EXPORT
    ),
    *(
        TaxCase("R30", s.PLAIN, person(country, zip_code, city), s.FREE, DAY, EXPORT)
        for country, zip_code, city in (
            ("DE", "27498", "Helgoland"),
            ("DE", "78266", "Büsingen am Hochrhein"),
            ("ES", "35001", "Las Palmas"),
            ("ES", "38001", "Santa Cruz de Tenerife"),
            ("ES", "51001", "Ceuta"),
            ("ES", "52001", "Melilla"),
            ("FI", "22100", "Mariehamn"),
            ("IT", "23041", "Livigno"),
            ("IT", "22061", "Campione d'Italia"),
            ("IT", "47890", "San Marino"),
            ("IT", "00120", "Città del Vaticano"),
            ("GR", "63086", "Karyes"),
            ("FR", "97400", "Saint-Denis"),
            ("RE", "97400", "Saint-Denis"),
            ("FO", "100", "Tórshavn"),
            ("GL", "3900", "Nuuk"),
        )
    ),
    TaxCase(
        "R30", s.PLAIN, person("DE", "27498", "Helgoland"), s.FULL, DAY, DocumentReason.TAX_SHOWN_ON_EXPORT
    ),
    TaxCase("R30", s.OSS, person("IT", "22060", "Cabiate"), goods("22 %", "22"), DAY, oss("22")),
    TaxCase("R30", s.OSS, person("DE", "87567", "Riezlern"), goods("20 %", "20"), DAY, oss("20")),
    TaxCase("R30", s.OSS, person("DE", "87567", "Riezlern"), s.FULL, DAY, oss("19")),
    TaxCase("R30", s.OSS, person("AT", "6691", "Jungholz"), s.FULL, DAY, oss("19")),
    TaxCase(
        "R30", s.OSS, person("AT", "6600", "Reutte"), s.FULL, DAY, DocumentReason.DISTANCE_SALES_MISMATCH
    ),
    TaxCase("R30", s.ORIGIN, person("DE", "87567", "Riezlern"), s.FULL, DAY, ORIGIN_19),
    *(
        TaxCase("R23", s.OSS, buyer, goods(f"{rate} %", rate), on, oss(rate) if fits else WRONG_DAY)
        for buyer, rate, on, fits in (
            (s.VIENNA, "4.9", date(2026, 6, 30), False),
            (s.VIENNA, "4.9", date(2026, 7, 1), True),
            (s.FUNCHAL, "5", date(2024, 9, 30), True),
            (s.FUNCHAL, "4", date(2024, 9, 30), False),
            (s.FUNCHAL, "5", date(2024, 10, 1), False),
            (s.FUNCHAL, "4", date(2024, 10, 1), True),
            (s.FUNCHAL, "22", DAY, True),
            (s.FUNCHAL, "12", DAY, True),
            (s.PONTA_DELGADA, "16", DAY, True),
            (s.PONTA_DELGADA, "9", DAY, True),
            (s.PONTA_DELGADA, "4", DAY, True),
        )
    ),
    TaxCase(
        "R23",
        s.OSS,
        person("PT", "1100-048", "Lisboa"),
        goods("22 %", "22"),
        DAY,
        DocumentReason.RATE_UNKNOWN,
    ),
    TaxCase("R57", s.OSS, s.PARIS, goods("20 %", "20"), date(2020, 12, 31), DocumentReason.RATE_TABLE_GAP),
    TaxCase("R30", s.PLAIN, person("QQ", "1000", "Nirgendwo"), s.FULL, DAY, DocumentReason.COUNTRY_UNKNOWN),
    TaxCase(
        "R30", s.PLAIN, person("DE", "20095", "Helgoland"), s.FREE, DAY, DocumentReason.COUNTRY_CONTRADICTORY
    ),
    TaxCase(
        "R30", s.PLAIN, person("DE", "A-1010", "Wien"), s.FREE, DAY, DocumentReason.COUNTRY_CONTRADICTORY
    ),
    TaxCase(
        "R30",
        s.PLAIN,
        s.BERLIN,
        s.FULL,
        DAY,
        DocumentReason.COUNTRY_CONTRADICTORY,
        order={"billing_address": make_address(country="AT", zip_code="1010", city="Wien")},
    ),
    TaxCase(
        "R38",
        s.PLAIN,
        s.BERLIN,
        s.MIXED,
        date(2025, 3, 10),
        DocumentReason.CORRECTION_EXCEEDS_INVOICE,
        correction_of=DAY,
        original={"gross_by_rate": amounts(at19="200.00", at7="38.00")},
    ),
    TaxCase(
        "R38",
        s.PLAIN,
        s.BERLIN,
        s.FULL,
        date(2025, 3, 10),
        booked(GOODS_CATEGORY, "19", fired=("correction.within_invoice",)),
        correction_of=DAY,
        original={"gross_by_rate": amounts(at19="238.00"), "corrected_by_rate": amounts(at19="119.00")},
    ),
    TaxCase(
        "R37",
        s.PLAIN,
        s.BERLIN,
        s.FULL,
        date(2025, 3, 10),
        DocumentReason.ORIGINAL_PARKED,
        correction_of=DAY,
        original={"outcome": "parked"},
    ),
)
