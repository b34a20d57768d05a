"""By what a customer is recognised: equal texts give equal keys, and no key can be read as a name."""

import hashlib
import unicodedata
from uuid import UUID

from common.domain.customers import Customer


def customer_keys(customer: Customer, shop_id: UUID) -> tuple[str, ...]:
    """Every key the customer has, the surest first: VAT id, number in the shop, e-mail, name and address."""
    keys = (
        vat_key(customer.vat_id),
        number_key(shop_tag(shop_id), customer.shop_customer_number),
        email_key(customer.email),
        place_key(customer.name, customer.street, customer.zip_code, customer.city, customer.country),
    )
    return tuple(key for key in keys if key is not None)


def identity_of(customer: Customer, shop_id: UUID, *, tax_free: bool = False) -> str:
    """The fact "this customer of this shop" as a string; companies and persons never share one.

    The e-mail comes first because guests have no number, or another one with each order.
    """
    who = (
        email_key(customer.email)
        or number_key(shop_tag(shop_id), customer.shop_customer_number)
        or place_key(customer.name, customer.street, customer.zip_code, customer.city, customer.country)
        or f"name:{_digest(customer.name, customer.zip_code, customer.city, customer.country)}"
    )
    company = [customer.vat_id or "-", "tax-free" if tax_free else "-"] if customer.kind == "company" else []
    return ":".join([customer.kind, *company, who])


def shop_tag(shop_id: UUID) -> str:
    """A short name of a shop connection, for keys and notes."""
    return shop_id.hex[:12]


def vat_key(vat_id: str | None) -> str | None:
    """The key of a VAT id."""
    return f"vat:{''.join(vat_id.split()).upper()}" if vat_id else None


def number_key(shop: str, number: str | None) -> str | None:
    """The key of a customer number, which only means something in its shop."""
    return f"number:{shop}:{_digest(number)}" if number else None


def email_key(email: str | None) -> str | None:
    """The key of an e-mail address, in whatever case it is written."""
    return f"email:{_digest(email)}" if email and email.strip() else None


def place_key(
    name: str | None, street: str | None, zip_code: str | None, city: str | None, country: str | None
) -> str | None:
    """The key of a name at an address; None when there is too little to tell namesakes apart."""
    if not name or not street or not (zip_code or city):
        return None
    return f"place:{_digest(name, street, zip_code, city, country)}"


def _digest(*texts: str | None) -> str:
    joined = "\n".join(_normal(text) for text in texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _normal(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())
