"""The books' posting categories."""

from uuid import UUID

from pydantic import Field

from api.schemas.base import Moment, Read


class CategoryRead(Read):
    """A posting category of the books with what it allows."""

    id: str
    name: str
    group_name: str | None
    type: str = Field(description="income or outgo")
    usable: bool = Field(description="Whether sales may be booked here, so that a setting may name it.")
    several_rates: bool = Field(description="Whether one voucher may hold several VAT rates here.")
    collective_contact: bool = Field(
        description="Whether the books' collective contact is enough; false: each customer gets a contact."
    )
    used_by: list[str] = Field(description="The settings in force that name it.")


class CategoryList(Read):
    """All posting categories of a tenant's books, usable ones first, by group and name."""

    connection_id: UUID
    read_at: Moment = Field(description="When the list was read from the books.")
    items: list[CategoryRead]
