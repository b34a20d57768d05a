"""The sellers, buyers and goods the rows are made of."""

from cases.model import Goods, Seller, company, goods, person
from common.domain.documents import Charge
from factories.documents import LIABILITY_CATEGORY, ZERO_CATEGORY, make_address, make_line

PLAIN = Seller("shows VAT")
OSS = Seller("OSS", {"distance_sales_principle": "DESTINATION"})
ORIGIN = Seller("origin principle", {"distance_sales_principle": "ORIGIN"})
SMALL = Seller("small business", {"small_business": True})
VAT_FREE = Seller("tax-exempt", {"tax_type": "vatfree"})
ZERO_MAPPED = Seller("0 % mapped", settings={"domestic_zero_category_id": ZERO_CATEGORY})
SOLAR_MAPPED = Seller(
    "tax class Photovoltaik mapped",
    settings={"zero_rates": ({"tax_class": "Photovoltaik", "category_id": ZERO_CATEGORY},)},
)
VOUCHERS_MAPPED = Seller(
    "tax class Photovoltaik and vouchers mapped",
    settings={
        "zero_rates": (
            {"tax_class": "Photovoltaik", "category_id": ZERO_CATEGORY},
            {"voucher": True, "category_id": LIABILITY_CATEGORY},
        )
    },
)
ZERO_FOR_ALL = Seller(
    "0 % mapped, for companies too",
    settings={"domestic_zero_category_id": ZERO_CATEGORY, "domestic_zero_to_companies": "zero_rate"},
)
REVERSE_AT_HOME = Seller("§ 13b at home", settings={"domestic_zero_to_companies": "reverse_charge"})
MARGIN_MAPPED = Seller("§ 25a mapped", settings={"margin_category_id": ZERO_CATEGORY})
SERVICES = Seller("sells services", {"distance_sales_principle": "DESTINATION"}, {"sells": "services"})
SERVICES_ORIGIN = Seller(
    "sells services, origin principle", {"distance_sales_principle": "ORIGIN"}, {"sells": "services"}
)
BOTH = Seller(
    "goods; tax class Digital is services",
    {"distance_sales_principle": "DESTINATION"},
    {"service_tax_classes": ("Digital",)},
)
ON_SITE = Seller(
    "services; tax class Tickets is on site",
    OSS.profile,
    {"sells": "services", "on_site_tax_classes": ("Tickets",)},
)
OSS_SINCE_2025 = Seller("OSS since 2025-01-01", OSS.profile, {"oss_since": "2025-01-01"})
OSS_PARKED = Seller("OSS, distance sales switched off", OSS.profile, {"distance_sales": "park"})
SINGLE = Seller("single contacts", settings={"contacts": "single"})
NO_INVOICE_PAID = Seller("excludes PayPal", settings={"excluded_payment_methods": ("paypal",)})
TAGGED_OUT = Seller("excludes the tag bar", settings={"excluded_tags": ("#Bar",)})
START_2025 = Seller("start date 2025-01-01", settings={"start_on": "2025-01-01"})

BERLIN = person("DE", "10115", "Berlin")
HOME_COMPANY = company("DE", "10115", "DE136695976")
VIENNA = person("AT", "1010", "Wien")
PARIS = person("FR", "75001", "Paris")
DUBLIN = person("IE", "D02 X285", "Dublin")
BRATISLAVA = person("SK", "811 01", "Bratislava")
TALLINN = person("EE", "10111", "Tallinn")
BUCHAREST = person("RO", "010011", "București")
HELSINKI = person("FI", "00100", "Helsinki")
VILNIUS = person("LT", "LT-01100", "Vilnius")
FUNCHAL = person("PT", "9000-042", "Funchal")
PONTA_DELGADA = person("PT", "9500-150", "Ponta Delgada")
ZURICH = person("CH", "8001", "Zürich")
AUSTRIAN = company("AT", "1010", "ATU13585627")
WITHOUT_LETTERS = company("AT", "1010", "U13585627")
GERMAN_IN_VIENNA = company("AT", "1010", "DE136695976")
GREEK = company("GR", "10431", "GR094259216")
NORTHERN_IRISH = company("GB", "BT1 5GS", "XI980780684")
SWISS = company("CH", "8001")

FULL = goods("19 %", "19")
BOOKS = goods("7 %", "7")
MIXED = goods("19 % and 7 %", "19", "7")
FREE = goods("0 %", "0")
SHOWN_THERE = goods("20 %", "20")
PARTLY_FREE = goods("19 % and 0 %", "19", "0")
SHOWN_GROSS = Goods(
    "0 %, lines of 119.00 and 10.70",
    (
        make_line("119.00", "0", tax_class="normal"),
        make_line("10.70", "0", line_id="line-2", tax_class="ermäßigt"),
    ),
)
SOLAR = goods("0 %, tax class Photovoltaik", "0", tax_class="Photovoltaik", name="Solarmodul")
COURSE = goods("0 %, tax class Bildung", "0", tax_class="Bildung", name="Kurs")
CARD = goods("0 %, gift voucher", "0", name="Geschenkgutschein", tax_class="Photovoltaik")
CARD_TAXED = goods("19 %, gift voucher", "19", name="Geschenkgutschein")
CARD_BESIDE = Goods("19 % and 0 %, gift voucher", (*goods("", "19").lines, *CARD.lines))
USED = goods("0 %, tax class Differenzbesteuerung", "0", tax_class="Differenzbesteuerung § 25a")
USED_BY_NAME = goods("0 %, line names § 25a", "0", name="Kamera (gebraucht, § 25a UStG)")
USED_TAXED = goods("19 %, tax class Differenz", "19", tax_class="Differenz 19")
DIGITAL_AND_GOODS = Goods(
    "goods and services",
    (make_line("60.00", "20", tax_class="Digital"), make_line("60.00", "20", line_id="line-2")),
)
DIGITAL = goods("19 %, tax class Digital", "19", tax_class="digital")
NOT_DIGITAL = goods("19 %, tax class normal", "19", tax_class="normal")
PICKUP = Charge(name="Selbstabholung")
TICKET = goods("19 %, tax class Tickets", "19", tax_class="Tickets")
TO_HOME = make_address()
TO_VIENNA = make_address(country="AT", zip_code="1010", city="Wien")
GERMAN_TO_VIENNA = company("DE", "10115", "DE136695976", delivery=TO_VIENNA)
