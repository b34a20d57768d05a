"""Who bought: the customer as a record of the books could hold it, fit for the wire."""

from typing import Literal

from common.domain.documents import Fact


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
