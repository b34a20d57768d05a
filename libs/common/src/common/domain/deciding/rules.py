"""Rules that let a document pass, park it or leave it out whatever its amounts are; one function each.

What leaves a document out is asked first, in the order of `EXCLUSIONS`, so that a document is never parked
for something nobody wants booked. The shop names no sales channel, so no rule asks for one.
"""

from collections.abc import Callable
from decimal import Decimal

from common.domain.cleaning import clean, utf16_length
from common.domain.documents import Document
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.domain.verdicts import DecisionInput, Exclude, Park, Trail

NUMBER_LIMIT = 40
Rule = Callable[[DecisionInput, Trail], Park | Exclude | None]


def nothing_to_book(case: DecisionInput, trail: Trail) -> Exclude | None:
    """A total of zero moves nothing in the books, and they refuse it; unless it shifts VAT all the same."""
    document = case.document
    if document.gross_total or document.tax_total or _exchanges(document):
        return None
    return trail.exclude("zero_total")


def before_start_date(case: DecisionInput, trail: Trail) -> Exclude | None:
    """Documents before the merchant's start date were booked by other means."""
    start_on = case.settings.start_on
    if start_on is None or case.document.date_missing or case.document.issued_on >= start_on:
        return None
    trail.evidence["start_on"] = start_on.isoformat()
    return trail.exclude("before_start_date")


def original_excluded(case: DecisionInput, trail: Trail) -> Exclude | None:
    """A correction goes where its invoice went: an invoice left out leaves its corrections out."""
    candidates = case.in_question
    if not case.is_correction or not candidates:
        return None
    if any(invoice.outcome != DocumentStatus.EXCLUDED for invoice in candidates):
        return None
    return trail.exclude("original_excluded")


def excluded_payment_method(case: DecisionInput, trail: Trail) -> Exclude | None:
    """Orders paid in a way the merchant books by other means are left out, their corrections too."""
    payment, names = case.order.payment, case.settings.excluded_payment_methods
    if payment is None or not names:
        return None
    given = {clean(text).casefold() for text in (payment.method_id, payment.name, payment.provider)} - {""}
    named = sorted(given & {clean(name).casefold() for name in names})
    if not named:
        return None
    trail.evidence["payment_method"] = named[0]
    return trail.exclude("payment_method")


def excluded_tag(case: DecisionInput, trail: Trail) -> Exclude | None:
    """Orders the merchant tagged so in the shop are left out, their corrections too."""
    unwanted = {clean(tag).removeprefix("#").strip().casefold() for tag in case.settings.excluded_tags}
    named = sorted(tag for tag in case.order.tags if tag.casefold() in unwanted)
    if not named:
        return None
    trail.evidence["tag"] = named[0]
    return trail.exclude("tag")


def transfer_paused(case: DecisionInput, trail: Trail) -> Park | None:
    """While the merchant has paused the transfer nothing is booked."""
    return trail.park(DocumentReason.TRANSFER_PAUSED) if case.settings.mode == "paused" else None


def usable_number(case: DecisionInput, trail: Trail) -> Park | None:
    """The number must reach the books unchanged, or it could never be found there again."""
    number = case.document.number.strip()
    if not number:
        return trail.park(DocumentReason.NUMBER_MISSING)
    if clean(number) != number:
        return trail.park(DocumentReason.NUMBER_UNUSABLE, number=clean(number))
    if utf16_length(number) > NUMBER_LIMIT:
        return trail.park(DocumentReason.NUMBER_TOO_LONG, number=number, limit=NUMBER_LIMIT)
    return None


def date_known(case: DecisionInput, trail: Trail) -> Park | None:
    """A date nobody printed is never booked with: the record may be older than the document by months."""
    document = case.document
    if not document.date_missing:
        return None
    return trail.park(DocumentReason.ISSUE_DATE_MISSING, recorded_on=document.issued_on.isoformat())


def in_euro(case: DecisionInput, trail: Trail) -> Park | None:
    """The books are in euro, and no rate source is configured for anything else."""
    currencies = {case.document.currency, case.document.gross_total.currency}
    foreign = sorted(clean(currency) for currency in currencies if currency != "EUR")
    return trail.park(DocumentReason.NOT_EURO, currency=foreign[0]) if foreign else None


def bookkeeping_included(case: DecisionInput, trail: Trail) -> Park | None:
    """Without the bookkeeping feature the books take no vouchers."""
    features = case.profile.business_features
    if not features or "BOOKKEEPING" in features:
        return None
    return trail.park(
        DocumentReason.BOOKKEEPING_UNAVAILABLE, features=[clean(feature) for feature in features]
    )


def seller_taxable(case: DecisionInput, trail: Trail) -> Park | None:
    """A seller free of VAT for another reason than its size has no tax case here."""
    if case.profile.tax_type == "vatfree" and not case.profile.small_business:
        return trail.park(DocumentReason.SELLER_TAX_EXEMPT)
    return None


def _exchanges(document: Document) -> bool:
    """Whether goods of one rate were given for goods of another."""
    sums: dict[Decimal | None, int] = {}
    for line in document.lines:
        sums[line.rate] = sums.get(line.rate, 0) + line.price.minor
    return min(sums.values(), default=0) < 0 < max(sums.values(), default=0)


EXCLUSIONS: tuple[Rule, ...] = (
    nothing_to_book,
    before_start_date,
    original_excluded,
    excluded_payment_method,
    excluded_tag,
)
GATES: tuple[Rule, ...] = (
    transfer_paused,
    usable_number,
    date_known,
    in_euro,
    bookkeeping_included,
    seller_taxable,
)
