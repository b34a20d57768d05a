"""Amounts and links as they are shown."""

from common.domain.money import Money


def amount(minor: int) -> str:
    """Minor units with two decimals."""
    return str(Money(minor).decimal)


def voucher_link(app_url: str, voucher_id: str | None, verb: str) -> str | None:
    """Where a person sees the voucher; an edit link leads to the view where editing is not allowed."""
    return f"{app_url.rstrip('/')}/permalink/vouchers/{verb}/{voucher_id}" if voucher_id else None
