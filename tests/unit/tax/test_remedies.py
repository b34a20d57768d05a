"""Every remedy is walked: what it says is done to the row it parked, and then the document is booked.

What a remedy asks of people instead (booking by hand, excluding) is walked for all reasons in
tests/integration/invoice_writer/deciding/test_remedies.py; what lies outside of decisions names its own test.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cases import sellers as s
from cases.model import Goods, TaxCase, company, goods
from cases.page import CASES
from common.domain.merchant import INCOME_CATEGORY, SMALL_BUSINESS_CATEGORY, MerchantSettings
from common.domain.reasons import REASONS, DocumentReason
from common.domain.verdicts import Decision, Park, Verdict
from factories.documents import (
    LIABILITY_CATEGORY,
    ZERO_CATEGORY,
    decide_on,
    euro,
    make_invoice,
    make_line,
)
from factories.verdicts import booked, parked

ROOT = Path(__file__).resolve().parents[3]
WRITER = "tests/integration/invoice_writer"
CHECKED = {"buyer": company("AT", "1010", "ATU13585627"), "vat_check": "valid"}
WITH_TAX = {"goods": goods("20 %", "20"), "seller": s.OSS, "vat_check": "invalid"}
SMALLER = Goods("within the invoice", (make_line("30.00"), make_line("20.00", "7", line_id="line-2")))
HERE = "tests/unit/tax/test_remedies.py::test_another_category_books_what_a_category_parked"
TABLE = (
    f"{WRITER}/rechecking/test_rate_table.py"
    "::test_another_table_releases_what_it_may_judge_otherwise_once_r57"
)
DATES = f"{WRITER}/excluding/test_dates.py::test_a_confirmed_date_books_the_document_on_that_day"


@dataclass(frozen=True)
class Walk:
    """What the remedy of a reason says, done to a row of the table that the reason parked."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    anew: Mapping[str, Any] = field(default_factory=dict)  # the document that is issued in its place

    def done(self, case: TaxCase) -> TaxCase:
        """The row after the remedy."""
        seller = replace(
            case.seller,
            settings={**case.seller.settings, **self.settings},
            profile={**case.seller.profile, **self.profile},
        )
        return replace(case, **({"seller": seller} | dict(self.anew)))


def rules(**rule: Any) -> dict[str, Any]:
    return {"zero_rates": ({"category_id": ZERO_CATEGORY} | rule,)}


WALKS: Mapping[DocumentReason, tuple[Walk, ...]] = {
    DocumentReason.SELLER_TAX_EXEMPT: (Walk(profile={"tax_type": "gross"}, settings=rules(name="Lampe")),),
    DocumentReason.SMALL_BUSINESS_TAXED: (
        Walk(profile={"small_business": False}),
        Walk(anew={"goods": s.FREE}),
    ),
    DocumentReason.DISTANCE_SALES_SWITCHED_OFF: (Walk(settings={"distance_sales": "by_profile"}),),
    DocumentReason.DISTANCE_SALES_UNSET: (Walk(profile={"distance_sales_principle": "ORIGIN"}),),
    DocumentReason.DISTANCE_SALES_MISMATCH: (
        Walk(profile={"distance_sales_principle": "ORIGIN"}),
        Walk(anew={"goods": goods("20 %", "20")}),
    ),
    DocumentReason.ZERO_RATE_TO_COMPANY: (
        Walk(settings={"domestic_zero_to_companies": "reverse_charge"}),
        Walk(settings={"domestic_zero_to_companies": "zero_rate", **rules(name="Lampe")}),
    ),
    DocumentReason.ZERO_RATE_UNMAPPED: (Walk(settings=rules(name="Lampe")), Walk(settings=rules(sku="T-01"))),
    DocumentReason.MULTI_PURPOSE_VOUCHER: (
        Walk(settings=rules(voucher=True, category_id=LIABILITY_CATEGORY)),
        Walk(settings=rules(sku="T-01")),
    ),
    DocumentReason.MARGIN_SCHEME: (Walk(settings={"margin_category_id": ZERO_CATEGORY}),),
    DocumentReason.VAT_ID_MISSING: (
        Walk(anew=CHECKED),
        Walk(anew=WITH_TAX),
    ),
    DocumentReason.VAT_ID_MALFORMED: (Walk(anew=CHECKED),),
    DocumentReason.VAT_ID_NOT_FOREIGN: (
        Walk(anew={"goods": s.FULL}),
        Walk(anew=CHECKED),
    ),
    DocumentReason.VAT_CHECK_PENDING: (Walk(anew={"vat_check": "valid"}),),
    DocumentReason.VAT_ID_INVALID: (Walk(anew=WITH_TAX),),
    DocumentReason.COMPANY_NAME_MISSING: (Walk(anew=CHECKED),),
    DocumentReason.RATE_UNKNOWN: (Walk(anew={"goods": s.FULL}),),
    DocumentReason.RATE_OF_OTHER_COUNTRY: (Walk(anew={"goods": s.FULL}),),
    DocumentReason.RATE_NOT_VALID_ON_DATE: (Walk(anew={"goods": goods("16 %", "16")}),),
    DocumentReason.ZERO_RATE_UNEXPLAINED: (Walk(anew={"goods": goods("23 %", "23")}),),
    DocumentReason.TAX_SHOWN_ON_EXPORT: (Walk(anew={"goods": s.FREE}),),
    DocumentReason.TAX_SHOWN_TO_COMPANY: (Walk(anew={"goods": s.FREE}),),
    DocumentReason.COUNTRY_UNKNOWN: (Walk(anew={"buyer": s.BERLIN}),),
    DocumentReason.COUNTRY_CONTRADICTORY: (Walk(anew={"buyer": s.ZURICH}),),
    DocumentReason.AMOUNTS_DO_NOT_ADD_UP: (Walk(anew={"total": "129.70"}),),
    DocumentReason.ORIGINAL_PARKED: (Walk(anew={"original": {"outcome": "booked"}}),),
    DocumentReason.CORRECTION_EXCEEDS_INVOICE: (
        Walk(
            anew={
                "goods": Goods(
                    "within the invoice", (make_line("30.00"), make_line("20.00", "7", line_id="l2"))
                )
            }
        ),
    ),
}
ELSEWHERE: Mapping[DocumentReason, str] = {
    DocumentReason.TRANSFER_PAUSED: (
        f"{WRITER}/released/test_releases.py::test_changed_setting_releases_only_what_it_may_cure"
    ),
    DocumentReason.PROFILE_UNAVAILABLE: f"{WRITER}/lists/test_profile_watch.py",
    DocumentReason.BOOKKEEPING_UNAVAILABLE: f"{WRITER}/lists/test_profile_watch.py",
    DocumentReason.CATEGORY_MISSING: HERE,
    DocumentReason.CATEGORY_NOT_INCOME: HERE,
    DocumentReason.CATEGORY_SINGLE_RATE: HERE,
    DocumentReason.ISSUE_DATE_MISSING: DATES,
    DocumentReason.RATE_TABLE_GAP: TABLE,
    DocumentReason.ORIGINAL_MISSING: f"{WRITER}/deciding/test_corrections.py",
    DocumentReason.ORIGINAL_WAITING: f"{WRITER}/deciding/test_corrections.py",
    DocumentReason.ORIGINAL_UNCLEAR: (
        f"{WRITER}/deciding/test_remedies.py::test_every_reason_can_be_excluded_with_its_word"
    ),
    DocumentReason.IN_LINE: f"{WRITER}/vouchers/test_booking.py",
    DocumentReason.DELAYED: f"{WRITER}/rechecking/test_delayed.py",
    DocumentReason.INTERNAL_ERROR: f"{WRITER}/outcomes/test_outcomes.py",
    DocumentReason.WRITE_UNCONFIRMED: f"{WRITER}/deciding/test_open_writes.py",
    DocumentReason.WRITE_UNSETTLED: (
        f"{WRITER}/rechecking/test_unsettled.py::test_person_who_found_nothing_books_it_once"
    ),
    DocumentReason.VOUCHER_REJECTED: f"{WRITER}/deciding/test_refusals.py",
    DocumentReason.LOCKED_PERIOD: f"{WRITER}/rechecking/test_locked_books.py",
    DocumentReason.CONTACT_REJECTED: f"{WRITER}/contacts/test_contacts.py",
    DocumentReason.CONTRACT_PROBLEM: f"{WRITER}/deciding/test_refusals.py",
    DocumentReason.NUMBER_TAKEN_IN_BOOKS: f"{WRITER}/vouchers/test_adoption_by_choice.py",
    DocumentReason.MARKER_MISSING_IN_BOOKS: f"{WRITER}/vouchers/test_adoption_by_choice.py",
    DocumentReason.SAME_DOCUMENT_ELSEWHERE: f"{WRITER}/vouchers/test_same_document.py",
    DocumentReason.DUPLICATE_IN_BOOKS: f"{WRITER}/vouchers/test_adoption_by_choice.py",
    DocumentReason.BOOKS_NOT_CONNECTED: f"{WRITER}/deciding/test_relinked_books.py",
    DocumentReason.RECONNECT_NEEDED: f"{WRITER}/released/test_releases.py",
    DocumentReason.CONNECTION_HALTED: f"{WRITER}/released/test_releases.py",
    DocumentReason.ORGANIZATION_CHANGED: f"{WRITER}/deciding/test_relinked_books.py",
}


def rows_of(reason: DocumentReason) -> list[TaxCase]:
    return [case for case in CASES if _reason(case.decide()) is reason]


def _reason(verdict: Verdict) -> DocumentReason | None:
    return verdict.reason if isinstance(verdict, Park) else None


@pytest.mark.parametrize(
    ("reason", "walk"),
    [pytest.param(reason, walk, id=reason.value) for reason, walks in WALKS.items() for walk in walks],
)
def test_what_the_remedy_says_books_the_document(reason: DocumentReason, walk: Walk) -> None:
    rows = rows_of(reason)
    assert rows, "the table has no row that this reason parks"
    ends = [walk.done(case).decide() for case in rows]
    assert any(isinstance(end, Decision) for end in ends), ends[0]


def test_no_remedy_is_missing() -> None:
    by_people = {reason for reason in DocumentReason if _asks_for_hands(reason)}
    assert set(DocumentReason) - set(WALKS) - set(ELSEWHERE) - by_people == set()


def _asks_for_hands(reason: DocumentReason) -> bool:
    """Whether the remedy is (also) booking by hand or excluding, which is walked for every reason."""
    text = REASONS[reason].remedy_en
    return any(words in text for words in ("by hand", "xclude", "Nothing to do", "retry", "eplay", "again"))


@pytest.mark.parametrize("reason", DocumentReason)
def test_who_issues_a_document_anew_is_told_what_becomes_of_the_parked_one(reason: DocumentReason) -> None:
    text = REASONS[reason]
    is_anew = re.search(
        r"anew|in its place|correct (the document|it) (there|in)|repair it in", text.remedy_en
    )
    assert not is_anew or ("xclude this" in text.remedy_en.replace("Exclude", "exclude"))
    assert not is_anew or "ausschließen" in text.remedy_de


@pytest.mark.parametrize("reason", ELSEWHERE)
def test_the_test_that_walks_a_remedy_elsewhere_is_there(reason: DocumentReason) -> None:
    path, _, name = ELSEWHERE[reason].partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert not name or any(getattr(node, "name", None) == name for node in ast.walk(tree))


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"category_id": "unheard-of"}, DocumentReason.CATEGORY_MISSING),
        ({"category_id": SMALL_BUSINESS_CATEGORY}, DocumentReason.CATEGORY_SINGLE_RATE),
    ],
)
def test_another_category_books_what_a_category_parked(over: dict[str, str], reason: DocumentReason) -> None:
    lines = (make_line("20.00"), make_line("10.00", "7", line_id="line-2"))
    document = make_invoice(gross_total=euro("30.00"), lines=lines)
    assert parked(decide_on(document, settings=MerchantSettings.model_validate(over))) is reason
    booked(decide_on(document, settings=MerchantSettings(category_id=INCOME_CATEGORY)))
