"""Every row of the table of tax cases is decided as it says, and the page on paper is the table."""

from pathlib import Path

import pytest

from cases.model import Booked, Excluded, TaxCase
from cases.page import CASES, explanations, page
from common.domain.reasons import DocumentReason
from common.domain.verdicts import CollectiveContact, Contact
from factories.verdicts import booked, excluded, parked

ROOT = Path(__file__).parents[5]
PARKED_BY_PLACE_OR_RATE = {
    reason
    for reason in DocumentReason
    if reason.value.startswith(("country_", "distance_", "vat_", "rate_", "zero_", "tax_shown", "small_"))
} - {DocumentReason.RATE_MISSING}


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.rule} {case.seller.words} {case.buyer.words}"
)
def test_every_row_is_decided_as_it_says_r22_to_r39(case: TaxCase) -> None:
    verdict = case.decide()
    match case.result:
        case Booked() as expected:
            decision = booked(verdict)
            assert [(line.category_id, str(line.rate)) for line in decision.lines] == list(expected.items)
            assert decision.gross_total == case.document().gross_total
            assert _kind(decision.contact) == expected.contact
            assert decision.shipping_on == expected.shipping_on
            assert set(expected.fired) <= set(decision.rules)
        case DocumentReason() as reason:
            assert parked(verdict) is reason
        case Excluded() as left_out:
            assert excluded(verdict) == left_out.rule


def test_the_page_of_tax_cases_is_the_table() -> None:
    written = (ROOT / "docs" / "tax-cases.md").read_text("utf-8")
    assert written == page(), "stale: make tax-cases"


def test_why_each_row_was_decided_so_is_as_written_r2() -> None:
    written = (ROOT / "tests" / "cases" / "explanations.jsonl").read_text("utf-8")
    assert written.splitlines() == explanations().splitlines(), "other reasons than before: make tax-cases"


def test_there_is_a_row_for_every_reason_of_place_rate_and_buyer() -> None:
    assert len(CASES) >= 60
    assert {
        case.result for case in CASES if isinstance(case.result, DocumentReason)
    } >= PARKED_BY_PLACE_OR_RATE


def test_no_row_is_there_twice() -> None:
    rows = [row for row in page().splitlines() if row.startswith("| R") and row[3].isdigit()]
    assert len(set(rows)) == len(rows) == len(CASES)


def _kind(contact: Contact) -> str:
    return "collective" if isinstance(contact, CollectiveContact) else contact.customer.kind
