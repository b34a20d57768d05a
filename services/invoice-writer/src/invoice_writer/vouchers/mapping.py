"""From a decision to the voucher on the wire; pure."""

from common.domain.verdicts import CollectiveContact, Decision
from common.lexware.wire import NewVoucher, NewVoucherItem

REMARK_LENGTH = 255


def voucher_of(decision: Decision, marker: str, contact_id: str | None = None) -> NewVoucher:
    """The voucher to create: gross amounts, one item per category and rate, collective or own contact."""
    collective = decision.contact if isinstance(decision.contact, CollectiveContact) else None
    return NewVoucher(
        type=decision.voucher_type,
        voucher_number=decision.voucher_number,
        voucher_date=decision.voucher_on,
        shipping_date=decision.shipping_on,
        total_gross_amount=decision.gross_total.decimal,
        total_tax_amount=decision.tax_total.decimal,
        use_collective_contact=collective is not None,
        contact_id=contact_id if collective is None else None,
        contact_name=None if collective is None else collective.name,
        remark=f"{marker} {decision.remark}".strip()[:REMARK_LENGTH],
        voucher_items=tuple(
            NewVoucherItem(
                amount=line.gross.decimal,
                tax_amount=line.tax.decimal,
                tax_rate_percent=line.rate,
                category_id=line.category_id,
            )
            for line in decision.lines
        ),
    )
