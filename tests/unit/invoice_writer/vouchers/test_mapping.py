"""From a decision to the request: the marker first, money exact, nothing sent that Lexware refuses."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from common.domain.buyers import Customer
from common.domain.documents import content_hash
from common.domain.stored_words import ContactKind
from common.domain.verdicts import Decision, SingleContact
from common.events.documents import DocumentIssued, issued
from factories.documents import decide_on, make_credit_note, make_invoice, make_order
from invoice_writer.keys import effect_key, marker_in, marker_of
from invoice_writer.vouchers.mapping import REMARK_LENGTH, voucher_of

SHOP = UUID(int=2)


def decision(**over: object) -> Decision:
    verdict = decide_on(make_invoice(**over))
    assert isinstance(verdict, Decision)
    return verdict


def event(number: str = "R-1") -> DocumentIssued:
    invoice = make_invoice(number=number)
    return issued(
        tenant_id=UUID(int=1),
        connection_id=SHOP,
        order_id="order",
        order=make_order(),
        document=invoice,
        content_hash=content_hash(invoice),
        occurred_at=datetime(2025, 3, 4, tzinfo=UTC),
    )


def test_key_names_the_business_fact_and_nothing_that_changes() -> None:
    assert effect_key("org", event()) == f"voucher:org:{SHOP}:invoice:R-1"


def test_marker_stands_first_and_tells_documents_apart() -> None:
    ours, other = (marker_of(effect_key("org", event(number))) for number in ("R-1", "R-2"))
    assert ours != other
    remark = voucher_of(decision(), ours).remark
    assert remark is not None
    assert marker_in(remark) == ours
    assert remark.startswith(f"{ours} Bestellung")


@pytest.mark.parametrize("remark", [None, "", "Bestellung #0123456789abcdef", "#0123", "#0123456789abcdefg"])
def test_remark_without_a_marker_in_front_has_none(remark: str | None) -> None:
    assert marker_in(remark) is None


def test_longest_remark_fits() -> None:
    long = decision().model_copy(update={"remark": "x" * 300})
    remark = voucher_of(long, "#0123456789abcdef").remark
    assert remark is not None
    assert len(remark) == REMARK_LENGTH


def test_wire_holds_exact_amounts_and_no_status_or_version_r15_r16() -> None:
    body = voucher_of(decision(), "#0123456789abcdef").to_wire()
    sent = json.loads(body, parse_float=Decimal)
    assert sent["totalGrossAmount"] == Decimal("49.90")
    assert b'"totalGrossAmount":49.90' in body
    assert sum(item["amount"] for item in sent["voucherItems"]) == sent["totalGrossAmount"]
    assert sum(item["taxAmount"] for item in sent["voucherItems"]) == sent["totalTaxAmount"]
    assert sent["taxType"] == "gross"
    assert sent["useCollectiveContact"] is True
    assert not {"voucherStatus", "version"} & set(sent)


def test_dispatch_day_is_sent_when_known_and_never_made_up_r33() -> None:
    assert voucher_of(decision(), "#").shipping_date is None
    verdict = decide_on(make_invoice(), make_order(dispatched_at=datetime(2025, 3, 4, 23, 30, tzinfo=UTC)))
    assert isinstance(verdict, Decision)
    assert voucher_of(verdict, "#").shipping_date == date(2025, 3, 5)
    assert voucher_of(verdict, "#").due_date is None


def test_credit_note_is_a_salescreditnote_with_positive_amounts_r36() -> None:
    verdict = decide_on(make_credit_note())
    assert isinstance(verdict, Decision)
    voucher = voucher_of(verdict, "#")
    assert voucher.type == "salescreditnote"
    assert all(item.amount > 0 for item in voucher.voucher_items)


def test_own_contact_is_named_by_its_id_alone() -> None:
    customer = Customer(kind=ContactKind.PERSON, last_name="Beispiel", country="DE")
    own = SingleContact(customer=customer, why="settings")
    sent = json.loads(voucher_of(decision().model_copy(update={"contact": own}), "#", "contact-1").to_wire())
    assert (sent["useCollectiveContact"], sent["contactId"]) == (False, "contact-1")
    assert "contactName" not in sent


def test_collective_contact_has_a_name_and_no_id() -> None:
    sent = json.loads(voucher_of(decision(), "#").to_wire())
    assert (sent["useCollectiveContact"], sent["contactName"]) == (True, "Mara Beispiel")
    assert "contactId" not in sent
