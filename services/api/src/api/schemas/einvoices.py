"""What a person says when accepting that e-invoices differ."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Given
from api.schemas.documents import Remark
from api.schemas.parked import AboutValue

Because = Annotated[Remark, StringConstraints(min_length=1, strip_whitespace=True)]


class AcceptDifference(Given):
    """Why the difference of one document is accepted."""

    because: Because = Field(
        description="The reason, for the document's history and the audit log.",
        examples=["The shop writes the order's number into the e-invoice."],
    )


class AcceptDifferences(AcceptDifference):
    """Why the differences of all parked documents are accepted, and which of them."""

    tenant_id: UUID | None = Field(
        default=None, description="For operators; others accept their own tenant's."
    )
    about: dict[Literal["differs"], AboutValue] = Field(
        default_factory=dict, description="As the group of `GET /api/v1/parked` says it.", examples=[{}]
    )
