"""Who bought: the customer as a record of the books could hold it, fit for the wire."""

import html
import re
from typing import Literal

from common.domain.cleaning import clean, clip, utf16_length
from common.domain.documents import Address, Fact, OrderSnapshot

TEXT_LIMIT = 100
SALUTATION_LIMIT = 25
SHORT_LIMIT = 60  # of what loses its meaning when it is cut: such a value is dropped instead
EMAIL_LIMIT = 254

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{{2,}}")
_PHONE = re.compile(r"\+?[0-9()][0-9 ()/.\-]*[0-9)]")
_VAT_ID = re.compile(r"[A-Z]{2}(?=[0-9A-Z+*]*[0-9])[0-9A-Z+*]{2,13}")
_BETWEEN = re.compile(r"[\s./_\-]")
_VAT_PREFIXES = {"GR": "EL"}  # people write the country, the id begins otherwise


class Customer(Fact):
    """A company or a person; every text is clean and short enough, what was unfit is absent.

    `country` is the books' own code, mostly ISO 3166-1 alpha-2. `vat_id` is upper case without separators.
    """

    kind: Literal["company", "person"]
    company: str | None = None
    salutation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    supplement: str | None = None
    street: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str
    email: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    shop_customer_number: str | None = None

    @property
    def name(self) -> str:
        """The company's name, or first and last name."""
        if self.kind == "company":
            return self.company or ""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


def customer_of(address: Address | None, order: OrderSnapshot, country: str) -> Customer | None:
    """The customer of a document with this address; None only if no name can be had at all.

    An address without a name gives way to the order's. Who names no company is a person, VAT id or not.
    """
    named = next(
        (one for one in (address, order.billing_address, order.shipping_address) if _named(one)), None
    )
    if named is None:
        return None
    first, last = _text(named.first_name), _text(named.last_name)
    company = _text(named.company)
    return Customer(
        kind="company" if company else "person",
        company=company or None,
        salutation=_salutation(named),
        first_name=(first or None) if last else None,
        last_name=last or first or None,
        supplement=_text(named.supplement) or None,
        street=_text(named.street) or None,
        zip_code=_short(named.zip_code),
        city=_text(named.city) or None,
        country=country,
        email=email_of(named.email) or _of_billing(order, "email"),
        phone=phone_of(named.phone) or _of_billing(order, "phone"),
        vat_id=vat_id_of(named.vat_id) or _of_billing(order, "vat_id"),
        shop_customer_number=_short(order.customer_number),
    )


def email_of(raw: str | None) -> str | None:
    """The e-mail address if it can be written to, else None."""
    text = _decoded(raw)
    return text if len(text) <= EMAIL_LIMIT and _EMAIL.fullmatch(text) else None


def phone_of(raw: str | None) -> str | None:
    """The phone number if it looks like one, else None."""
    text = _decoded(raw)
    return text if len(text) <= SHORT_LIMIT and _PHONE.fullmatch(text) else None


def vat_id_of(raw: str | None) -> str | None:
    """The VAT id in upper case without separators if it looks like one, else None."""
    text = _BETWEEN.sub("", _decoded(raw)).upper()
    text = _VAT_PREFIXES.get(text[:2], text[:2]) + text[2:]
    return text if _VAT_ID.fullmatch(text) else None


def _of_billing(order: OrderSnapshot, what: Literal["email", "phone", "vat_id"]) -> str | None:
    billing = order.billing_address
    if billing is None:
        return None
    return {"email": email_of, "phone": phone_of, "vat_id": vat_id_of}[what](getattr(billing, what))


def _named(address: Address | None) -> bool:
    if address is None:
        return False
    return any(_text(part) for part in (address.company, address.first_name, address.last_name))


def _salutation(address: Address) -> str | None:
    plain, title = _decoded(address.salutation), _decoded(address.title)
    for text in (f"{plain} {title}".strip(), plain, title):
        if text and utf16_length(text) <= SALUTATION_LIMIT:
            return text
    return None


def _short(raw: str | None) -> str | None:
    text = _decoded(raw)
    return text if text and utf16_length(text) <= SHORT_LIMIT else None


def _text(raw: str | None) -> str:
    return clip(_decoded(raw), TEXT_LIMIT)


def _decoded(raw: str | None) -> str:
    """Shops deliver texts with or without HTML entities; only whole ones are taken for such."""
    return clean(_ENTITY.sub(lambda entity: html.unescape(entity.group()), raw or ""))
