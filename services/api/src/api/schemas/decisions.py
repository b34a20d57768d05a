"""What was decided about a document, and what the rules behind it mean."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import Read

Amount = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["67.50"])]


class DecisionLineRead(Read):
    """The amount of one category and rate."""

    category_id: str
    category_name: str | None = Field(description="As the books call it; null while they were not read.")
    rate: str = Field(description="In per cent.", examples=["19"])
    gross: Amount
    tax: Amount


class DecisionRead(Read):
    """A voucher as it was decided."""

    voucher_type: str = Field(description="salesinvoice or salescreditnote")
    voucher_number: str
    voucher_on: date
    shipping_on: date | None
    currency: str
    lines: list[DecisionLineRead]
    gross_total: Amount
    tax_total: Amount
    contact: dict[str, Any] = Field(description="The collective contact with a name, or a customer's own.")
    remark: str


class RuleRead(Read):
    """A rule in words."""

    code: str = Field(examples=["tax.by_column"])
    reason: str | None = Field(description="The reason, for the rule that parked the document.")
    text_de: str
    text_en: str


class RuleList(Read):
    """Every rule that may stand in a decision; a code never changes its meaning."""

    items: list[RuleRead]
