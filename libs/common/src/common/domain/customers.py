"""Who bought: the customer as a record of the books could hold it, fit for the wire."""

from typing import Literal

from common.domain.cleaning import clean, clip
from common.domain.documents import Address, Fact, OrderSnapshot

FIELD_LIMIT = 100


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


def customer_of(address: Address | None, order: OrderSnapshot, country: str) -> Customer | None:
    """The customer behind an address; None where no name can be had at all."""
    if address is None:
        return None
    company, last_name = _fit(address.company), _fit(address.last_name) or _fit(address.first_name)
    if company is None and last_name is None:
        return None
    return Customer(
        kind="company" if company else "person",
        company=company,
        first_name=_fit(address.first_name) if _fit(address.last_name) else None,
        last_name=last_name,
        supplement=_fit(address.supplement),
        street=_fit(address.street),
        zip_code=_fit(address.zip_code),
        city=_fit(address.city),
        country=country,
        vat_id=_fit(address.vat_id),
        shop_customer_number=_fit(order.customer_number),
    )


def _fit(text: str | None) -> str | None:
    return clip(clean(text), FIELD_LIMIT) or None
