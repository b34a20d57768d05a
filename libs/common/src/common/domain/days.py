"""Calendar days as people and programs write them."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator


def _written(value: Any) -> Any:
    """The value, unless it is a number: it would be read as seconds since 1970."""
    if value.count("-") < 2 if isinstance(value, str) else not isinstance(value, date | None):
        raise ValueError("a day is written as 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(_written)]
