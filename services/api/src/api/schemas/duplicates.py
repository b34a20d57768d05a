"""Documents that the books hold twice, and what a person says of them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Given, Moment, Read

Advice = Literal["keep", "delete", "choose"]


class DoubleVoucherRead(Read):
    """One voucher of a double."""

    voucher_id: str
    view_url: str = Field(description="Where a person sees it in Lexware Office.")
    edit_url: str = Field(description="Where a person deletes it in Lexware Office.")
    advice: Advice = Field(
        description="keep: the binding that stays. delete: one too many. choose: none of them is bound."
    )
    document_ids: list[UUID] = Field(description="The tenant's documents that stand as this voucher.")
    still_there: bool = Field(description="It was said to be deleted, and the books still hold it.")


class DuplicateRead(Read):
    """A document with several vouchers; while a person has not decided it is an open alarm."""

    id: UUID = Field(description="The alarm's id.")
    tenant_id: UUID
    subject: str
    number: str | None
    vouchers: list[DoubleVoucherRead]
    created_at: Moment


class DuplicateList(Read):
    """Every double of a tenant that is open, newest first."""

    items: list[DuplicateRead] = Field(description="At most 500.")


class Repaired(Given):
    """Which vouchers of the double were deleted in Lexware Office; at least one is left."""

    deleted: list[UUID] = Field(min_length=1, max_length=50)
