"""The write of one voucher, and the local copy of the books' list of them."""

from invoice_writer.vouchers.contact import VoucherContacts
from invoice_writer.vouchers.effect import VoucherEffect, counts, differences, is_void
from invoice_writer.vouchers.elsewhere import OtherEffects
from invoice_writer.vouchers.index import IndexedVoucher, VoucherIndex
from invoice_writer.vouchers.reading import VoucherIndexReader, part_alarm
from invoice_writer.vouchers.state import REFRESH_AFTER

__all__ = [
    "REFRESH_AFTER",
    "IndexedVoucher",
    "OtherEffects",
    "VoucherContacts",
    "VoucherEffect",
    "VoucherIndex",
    "VoucherIndexReader",
    "counts",
    "differences",
    "is_void",
    "part_alarm",
]
