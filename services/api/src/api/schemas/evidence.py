"""What a decision about a document was based on."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Moment, Read
from common.domain.stored_words import VatResult


class VatAnswerRead(Read):
    """One answer about the VAT id, kept as it was given."""

    answered_at: Moment
    result: Literal[VatResult.VALID, VatResult.INVALID]
    source: str = Field(description="vies, or form: the id cannot be one, so nobody was asked.")
    request_id: str | None = Field(description="The authority's reference, given to named merchants only.")
    asked_by: str | None = Field(description="The merchant's own VAT id, where it was named.")
    sha256: str
    size: int
    decisive: bool = Field(description="Whether the decision used this answer; `proof` serves its bytes.")


class VatCheckRead(Read):
    """The check of the buyer's VAT id as the newest decision about the document knew it."""

    vat_id: str
    result: Literal[VatResult.VALID, VatResult.INVALID, VatResult.UNAVAILABLE, "pending"] = Field(
        description="unavailable: the authority gave no answer. pending: nobody was asked yet."
    )
    checked_at: Moment | None
    source: str | None
    request_id: str | None
    answers: list[VatAnswerRead] = Field(
        description="Every answer the merchant ever had about this id, newest first, 100 at most."
    )
