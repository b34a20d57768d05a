"""From a decision to the one voucher that the books hold for it: found, written or chosen by a person."""

from invoice_writer.writing.ends import Unsure
from invoice_writer.writing.writer import VoucherWriter

__all__ = ["Unsure", "VoucherWriter"]
