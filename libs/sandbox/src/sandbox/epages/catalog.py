"""Made-up but realistic people, goods and payment methods; the same seed always gives the same basket."""

from decimal import Decimal
from random import Random
from typing import NamedTuple

from sandbox.epages.models import Address
from sandbox.epages.values import words

ADDRESS_FIELDS = words(
    "company salutation title firstName middleName lastName gender displayName jobTitle department street "
    "streetDetails addressExtension doorCode zipCode city state country vatId fiscalCode birthday "
    "emailAddress businessEmailAddress privateEmailAddress phoneNumber mobilePhoneNumber businessPhoneNumber "
    "privatePhoneNumber faxNumber websiteUrl bankAccountHolder bankAccountNumber bankName bankSortCode"
)

FIRST_NAMES = {
    "Frau": words("Mara Anna Lena Sophie Ursula Petra Katharina Hatice Johanna Ingrid Svenja Zofia Greta"),
    "Herr": words("Jonas Paul Werner Emre Felix Günther Matthias Lukas Sören Andreas Piotr Karl Björn"),
}
LAST_NAMES = words(
    "Müller Schmidt Schneider Fischer Weber Yılmaz Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein "
    "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Nowak Krause Lehmann"
)
STREETS = (
    *words(
        "Lindenstraße Hauptstraße Gartenweg Bahnhofstraße Schillerstraße Goethestraße Bergstraße Kirchweg"
    ),
    *("Rosenweg", "Ringstraße", "Feldstraße", "Am Mühlbach"),
)
PLACES = {
    "DE": (
        ("10115", "Berlin"),
        ("20095", "Hamburg"),
        ("80331", "München"),
        ("50667", "Köln"),
        ("01067", "Dresden"),
        ("70173", "Stuttgart"),
        ("04109", "Leipzig"),
        ("28195", "Bremen"),
        ("99084", "Erfurt"),
        ("79098", "Freiburg im Breisgau"),
        ("24103", "Kiel"),
        ("93047", "Regensburg"),
    ),
    "AT": (("1010", "Wien"), ("5020", "Salzburg"), ("8010", "Graz")),
    "CH": (("8001", "Zürich"), ("3011", "Bern"), ("4051", "Basel")),
}


class Product(NamedTuple):
    """Something a shop sells; its price includes tax."""

    sku: str
    name: str
    gross: Decimal
    rate: Decimal
    unit: str = "Stück"
    fractional: bool = False


class PaymentMethod(NamedTuple):
    """A payment method as buyers see it."""

    name: str
    provider: str | None
    transaction_form: str | None


PRODUCTS = (
    Product("KE-101", "Keramikbecher Küste", Decimal("14.90"), Decimal(19)),
    Product("KE-114", "Teekanne Gusseisen 1,2 l", Decimal("49.95"), Decimal(19)),
    Product("LA-020", "Tischlampe Buche", Decimal("89.00"), Decimal(19)),
    Product("TX-330", "Geschirrtuch Leinen, 2er-Set", Decimal("18.50"), Decimal(19)),
    Product("HS-411", "Schneidebrett Olivenholz", Decimal("34.90"), Decimal(19)),
    Product("BA-075", "Badetuch Biobaumwolle", Decimal("29.99"), Decimal(19)),
    Product("KZ-008", "Bienenwachskerze", Decimal("7.80"), Decimal(19)),
    Product("GA-512", "Gartenschere Profi", Decimal("42.50"), Decimal(19)),
    Product("ST-900", "Baumwollstoff Ranke", Decimal("12.80"), Decimal(19), "m", fractional=True),
    Product("BU-201", "Kochbuch Brot & Kruste", Decimal("24.00"), Decimal(7)),
    Product("BU-214", "Bildband Nordsee", Decimal("39.90"), Decimal(7)),
    Product("KA-001", "Röstkaffee Hausmischung 500 g", Decimal("11.49"), Decimal(7)),
    Product("KA-007", "Espresso Bio 1 kg", Decimal("26.90"), Decimal(7)),
    Product("HO-003", "Blütenhonig 500 g", Decimal("8.95"), Decimal(7)),
    Product("TE-040", "Darjeeling First Flush", Decimal("64.00"), Decimal(7), "kg", fractional=True),
    Product("SA-016", "Saatgut Wildblumen", Decimal("5.49"), Decimal(7)),
)
UNTAXED = Product("GU-050", "Seminarplatz Brotbacken (steuerfrei)", Decimal("50.00"), Decimal(0))
PAYMENT_METHODS = (
    PaymentMethod("PayPal", "PayPal", "{hex:17}"),
    PaymentMethod("Kreditkarte", "Stripe", "pi_{hex:24}"),
    PaymentMethod("Klarna Rechnung", "Klarna", "{hex:8}-{hex:4}"),
    PaymentMethod("Mollie", "Mollie", "tr_{hex:10}"),
    PaymentMethod("Vorkasse", None, None),
    PaymentMethod("Rechnung", None, None),
)
COUNTRIES = (
    ("DE", "DEU", "Deutschland", "Germany", "276", 1),
    ("AT", "AUT", "Österreich", "Austria", "040", 1),
    ("CH", "CHE", "Schweiz", "Switzerland", "756", 0),
    ("FR", "FRA", "France", "France", "250", 1),
    ("NL", "NLD", "Nederland", "Netherlands", "528", 1),
    ("US", "USA", "United States", "United States", "840", 0),
    ("GB", "GBR", "United Kingdom", "United Kingdom", "826", 0),
)


def person(random: Random, country: str = "DE") -> Address:
    """An address with everything a buyer types in."""
    salutation = random.choice(list(FIRST_NAMES))
    first, last = random.choice(FIRST_NAMES[salutation]), random.choice(LAST_NAMES)
    zip_code, city = random.choice(PLACES.get(country, PLACES["DE"]))
    return {
        "salutation": salutation,
        "firstName": first,
        "lastName": last,
        "gender": "FEMALE" if salutation == "Frau" else "MALE",
        "street": f"{random.choice(STREETS)} {random.randint(1, 120)}",
        "zipCode": zip_code,
        "city": city,
        "country": country,
        "emailAddress": f"{_ascii(first)}.{_ascii(last)}{random.randint(1, 999)}@kunde.example",
    }


def goods(random: Random, count: int | None = None) -> list[tuple[Product, Decimal]]:
    """Some products with quantities; goods sold by length or weight come in fractions."""
    chosen = random.sample(PRODUCTS, count or random.choice((1, 1, 2, 2, 3, 4)))
    return [(product, _quantity(random, product)) for product in chosen]


def transaction_id(random: Random, form: str | None) -> str | None:
    """A provider's transaction id in the form of that provider."""
    if form is None:
        return None
    for length in (4, 8, 10, 17, 24):
        form = form.replace(f"{{hex:{length}}}", f"{random.getrandbits(4 * length):0{length}X}")
    return form


def payment_method(name: str) -> PaymentMethod:
    """The known method of this name, or an offline one."""
    known = {method.name: method for method in PAYMENT_METHODS}
    return known.get(name, PaymentMethod(name, None, None))


def _quantity(random: Random, product: Product) -> Decimal:
    if product.fractional:
        return Decimal(random.randint(1, 14)) / 4
    return Decimal(random.choice((1, 1, 1, 2, 2, 3, 6)))


def _ascii(text: str) -> str:
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ı", "i")):
        text = text.lower().replace(umlaut, letters)
    return text
