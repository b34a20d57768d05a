"""By what a customer is recognised: equal texts give equal keys, and no key can be read as a name."""

import hashlib
from collections.abc import Callable

from common.domain.buyers.customers import Customer
from common.domain.buyers.spelling import folded, in_ascii, normal
from common.domain.ids import ShopConnectionId
from common.domain.stored_words import ContactKind


def customer_keys(customer: Customer, shop_id: ShopConnectionId) -> tuple[str, ...]:
    """Every key the customer has, the surest first: VAT id, name and address, number in the shop, e-mail.

    The last two are weak: people share them.
    """
    keys = (
        vat_key(customer.vat_id),
        place_key(customer.name, customer.street, customer.zip_code, customer.city, customer.country),
        number_key(shop_tag(shop_id), customer.shop_customer_number),
        email_key(customer.email),
    )
    return tuple(key for key in keys if key is not None)


def identity_of(customer: Customer, shop_id: ShopConnectionId, *, tax_free: bool = False) -> str:
    """The fact "this customer of this shop" as a string; companies and persons never share one.

    The e-mail comes first because guests have no number, or another one with each order. The name belongs to
    it: several customers may share an e-mail or a number.
    """
    weak = email_key(customer.email) or number_key(shop_tag(shop_id), customer.shop_customer_number)
    who = (
        (f"{weak}:{name_print(customer.name)}" if weak else None)
        or place_key(customer.name, customer.street, customer.zip_code, customer.city, customer.country)
        or f"name:{_digest(customer.name, customer.zip_code, customer.city, customer.country)}"
    )
    company = (
        [customer.vat_id or "-", "tax-free" if tax_free else "-"]
        if customer.kind == ContactKind.COMPANY
        else []
    )
    return ":".join([customer.kind, *company, who])


def shop_tag(shop_id: ShopConnectionId) -> str:
    """A short name of a shop connection, for keys and notes."""
    return shop_id.hex[:12]


def vat_key(vat_id: str | None) -> str | None:
    """The key of a VAT id."""
    return f"vat:{''.join(vat_id.split()).upper()}" if vat_id else None


def number_key(shop: str, number: str | None) -> str | None:
    """The key of a customer number, which only means something in its shop."""
    return f"number:{shop}:{_digest(number)}" if number else None


def email_key(email: str | None) -> str | None:
    """The key of an e-mail address, in whatever case it is written, its umlauts encoded or not."""
    if not email or not email.strip():
        return None
    local, at, domain = email.strip().rpartition("@")
    return f"email:{_digest(f'{local}{at}{in_ascii(domain)}')}"


def place_key(
    name: str | None, street: str | None, zip_code: str | None, city: str | None, country: str | None
) -> str | None:
    """The key of a name at an address; None when there is too little to tell namesakes apart."""
    if not name or not street or not (zip_code or city):
        return None
    return f"place:{_digest(name, street, zip_code, city, country)}"


def name_print(name: str | None) -> str | None:
    """What two spellings of one name have in common; None where there is no name."""
    return _print(name)


def address_print(
    street: str | None, zip_code: str | None, city: str | None, country: str | None
) -> str | None:
    """What two spellings of one address have in common; None where there is too little of one."""
    where = _letters(zip_code) or _letters(city)
    return _print(f"{street} {where} {country or ''}", _street) if _letters(street) and where else None


def _print(text: str | None, also: Callable[[str], str] = str) -> str | None:
    letters = also(_letters(text))
    return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest()[:16] if letters else None


def _letters(text: str | None) -> str:
    """The text in lower case without umlauts, accents, spaces and signs."""
    return "".join(character for character in folded(text) if character.isalnum())


def _street(letters: str) -> str:
    return letters.replace("strasse", "str")


def _digest(*texts: str | None) -> str:
    joined = "\n".join(normal(text) for text in texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]
