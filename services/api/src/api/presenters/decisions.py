"""Decisions as they are shown: amounts as text, categories by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from api.schemas.decisions import DecisionLineRead, DecisionRead
from common.domain.amounts import plain_rate
from common.domain.money import Money
from common.domain.verdicts import Decision

Names = Mapping[str, str]


def decision_read(stored: Mapping[str, Any] | None, names: Names) -> DecisionRead | None:
    """The decision with what the books call its categories."""
    if stored is None:
        return None
    decision = Decision.model_validate(stored)
    return DecisionRead(
        voucher_type=decision.voucher_type,
        voucher_number=decision.voucher_number,
        voucher_on=decision.voucher_on,
        shipping_on=decision.shipping_on,
        currency=decision.gross_total.currency,
        lines=[
            DecisionLineRead(
                category_id=line.category_id,
                category_name=names.get(line.category_id),
                rate=plain_rate(line.rate),
                gross=str(line.gross.decimal),
                tax=str(line.tax.decimal),
            )
            for line in decision.lines
        ],
        gross_total=str(decision.gross_total.decimal),
        tax_total=str(decision.tax_total.decimal),
        contact=decision.contact.model_dump(mode="json"),
        remark=decision.remark,
    )


def mentioned(names: Names, *parts: Any) -> dict[str, str]:
    """The names of those categories whose id stands anywhere in these parts."""
    return {text: names[text] for part in parts for text in _texts(part) if text in names}


def as_text(part: Any) -> Any:
    """The same with every amount of money as text, such as `119.00 EUR`; nothing is left in minor units."""
    if isinstance(part, Mapping):
        if set(part) == {"minor", "currency"}:
            return str(Money(int(part["minor"]), str(part["currency"])))
        return {name: as_text(inner) for name, inner in part.items()}
    return [as_text(inner) for inner in part] if isinstance(part, list | tuple) else part


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _texts(inner)
