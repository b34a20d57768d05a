"""A voucher's number in one organization's books, and what tells its document from another; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from common.domain.stored_words import AttemptState

NOWHERE = "nowhere"
FOREMOST = (AttemptState.BOUND, AttemptState.OPEN, AttemptState.PARKED)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A document by what its shop printed on it; what an older release did not keep is None."""

    organization_id: str
    type: str
    number: str
    connection_id: UUID
    order_id: str | None
    order_number: str | None
    document_on: date | None
    gross_minor: int | None

    @property
    def place(self) -> tuple[str, str, str]:
        """The row that everybody who uses this number locks."""
        return self.organization_id, self.type, self.number

    def is_same_document(self, other: "Numbered") -> bool:
        """Whether another effect of that number is this document, seen through another connection.

        One order id in common is proof, for the platform makes it. Else order number, date and total must be
        equal, and an order nobody remembers counts as equal: then a person says.
        """
        if self.place != other.place:
            return False
        if self.order_id is not None and self.order_id == other.order_id:
            return True
        numbers = {self.order_number, other.order_number} - {None}
        figures = (self.document_on, self.gross_minor) == (other.document_on, other.gross_minor)
        return figures and len(numbers) <= 1


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another effect of ours that stands for a number: bound, perhaps on its way, or nowhere in the books."""

    key: str
    tenant_id: UUID
    numbered: Numbered
    state: str  # an attempt's, or nowhere
    external_id: str | None = None


def foremost(found: Sequence[Elsewhere]) -> Elsewhere | None:
    """The one that counts: what is in the books, else what may still arrive, else what a person looks at."""
    ranked = sorted(found, key=lambda one: (FOREMOST.index(AttemptState(one.state)), one.key))
    return ranked[0] if ranked else None
