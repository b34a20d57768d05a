"""What the alarm of a double says about its vouchers."""

from collections.abc import Mapping
from typing import Any


def vouchers_in(evidence: Mapping[str, Any]) -> list[str]:
    """The vouchers that are too many together, each once; an answer that came late names the bound one."""
    named = [*(evidence.get("vouchers") or ()), evidence.get("bound"), evidence.get("late_answer")]
    return list(dict.fromkeys(str(one) for one in named if one))
