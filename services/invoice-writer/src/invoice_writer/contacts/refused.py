"""What of a contact the books refused; pure."""

from collections.abc import Sequence

from common.lexware.answers import Issue
from invoice_writer.contacts.effect import ContactNeed, Part

SPELLED: dict[Part, str] = {"email": "email", "phone": "phone", "vat_id": "vatregistrationid"}


def refused_parts(issues: Sequence[Issue], need: ContactNeed) -> frozenset[Part]:
    """The parts to leave out so that the rest may be taken; none where something else was refused as well.

    A sale without tax keeps its VAT id: the voucher could not be without.
    """
    named: set[Part] = set()
    for issue in issues:
        source = (issue.source or "").casefold()
        found = [part for part, text in SPELLED.items() if text in source]
        if not found or (need.tax_free and "vat_id" in found):
            return frozenset()
        named.update(found)
    return frozenset(named)
