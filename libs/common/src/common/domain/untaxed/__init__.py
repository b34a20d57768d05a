"""Amounts at 0 %: by their cause, item by item, and vouchers that are no sale."""

from common.domain.untaxed.items import voucher_lines
from common.domain.untaxed.vouchers import Apart, vouchers_apart

__all__ = [
    "Apart",
    "voucher_lines",
    "vouchers_apart",
]
