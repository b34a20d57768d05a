"""What is told of vouchers grows by addition: both releases read each other, and nobody's name is shown."""

from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from common.domain.buyers import PayerHashes, PayerKey
from common.domain.documents import DocumentRef, DocumentType, PaymentData
from common.domain.money import Money
from common.events.base import Event
from common.events.registry import parse
from common.events.vouchers import DocumentExcluded, DocumentParked, PaymentKeys, VoucherBooked

REF = DocumentRef(
    tenant_id=UUID(int=1),
    connection_id=UUID(int=2),
    order_id="order-1",
    type=DocumentType.INVOICE,
    number="R-1",
)
PAYPAL = PaymentData(name="PayPal", provider="PayPal", transaction_id="9XX1")
SHARED: dict[str, Any] = {
    "occurred_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "issued_on": date(2026, 3, 1),
    "gross_total": Money(4990),
    "keys": PaymentKeys(order_number="1001", customer_number="10077", payment=PAYPAL),
}
BOOKED: dict[str, Any] = {
    "organization_id": "org",
    "voucher_id": "voucher-1",
    "voucher_on": date(2026, 3, 1),
    "tax_total": Money(797),
    "how": "adopted",
}
# As the release sent them that knew neither due day, nor payer, nor the voucher of a person.
SENT = (
    '{"tenant_id":"00000000-0000-0000-0000-000000000001",'
    '"connection_id":"00000000-0000-0000-0000-000000000002","occurred_at":"2026-03-02T09:00:00Z",'
    '"lane":"live","order_id":"order-1","document_type":"invoice","number":"R-1","issued_on":"2026-03-01",'
    '"gross_total":{"minor":4990,"currency":"EUR"},"keys":{"order_number":"1001","customer_number":"10077",'
    '"payment":{"method_id":null,"name":"PayPal","price":null,"taxes":[],"provider":"PayPal",'
    '"transaction_id":"9XX1","status":null}},'
)
SENT_BOOKED = (
    '"organization_id":"org","voucher_id":"voucher-1","voucher_on":"2026-03-01",'
    '"tax_total":{"minor":797,"currency":"EUR"},"how":"adopted"}'
)
EARLIER: list[tuple[str, str, str, Event]] = [
    (
        SENT_BOOKED,
        "books.voucher.booked.v1",
        "e0857f1b-672a-5184-abf1-1dc0bed75505",
        VoucherBooked.about(REF, **SHARED, **BOOKED),
    ),
    (
        '"reason":"zero_rate_unmapped","revision":2}',
        "books.document.parked.v1",
        "e2161f96-6691-5f31-992b-839d9aa0dcde",
        DocumentParked.about(REF, **SHARED, reason="zero_rate_unmapped", revision=2),
    ),
    (
        '"rule":"booked_by_hand","revision":3}',
        "books.document.excluded.v1",
        "2f7d84e4-c21a-50d4-8f24-1445f649adb9",
        DocumentExcluded.about(REF, **SHARED, rule="booked_by_hand", revision=3),
    ),
]
KEY = PayerKey(SecretStr("01" * 32))
PAYER = PayerHashes(names=(str(KEY.name("Mara Beispiel")),), emails=(str(KEY.email("mara@b.example")),))
ADDED: dict[str, Any] = {"due_on": date(2026, 3, 31), "payer": PAYER}


class EarlierPayment(BaseModel):
    """A payment as the release before reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None
    transaction_id: str | None = None


class EarlierKeys(BaseModel):
    """What a payment is recognised by, as the release before reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_number: str
    customer_number: str | None = None
    payment: EarlierPayment | None = None


class EarlierExcluded(BaseModel):
    """A document that was left out, as the release before reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_id: str
    document_type: Literal["invoice", "credit_note"]
    number: str
    issued_on: date
    keys: EarlierKeys
    rule: str
    revision: int


@pytest.mark.parametrize(("said", "type_name", "event_id", "fact"), EARLIER, ids=lambda one: str(one)[:24])
def test_what_the_release_before_sent_is_read_and_is_the_same_fact(
    said: str, type_name: str, event_id: str, fact: Event
) -> None:
    read = parse(type_name, (SENT + said).encode())
    assert read == fact
    assert str(read.event_id) == event_id


def test_the_release_before_reads_what_is_sent_now() -> None:
    payment = PAYPAL.model_copy(update={"due_on": date(2026, 3, 31)})
    shared = SHARED | {"keys": PaymentKeys(order_number="1001", payment=payment)}
    fact = DocumentExcluded.about(
        REF, **shared, **ADDED, rule="booked_by_hand", revision=3, voucher_id="by-hand"
    )
    earlier = EarlierExcluded.model_validate_json(fact.model_dump_json())
    assert (earlier.number, earlier.rule, earlier.keys.order_number) == ("R-1", "booked_by_hand", "1001")
    assert earlier.keys.payment == EarlierPayment(name="PayPal", transaction_id="9XX1")


def test_what_is_added_is_read_back_and_leaves_the_id_of_the_fact() -> None:
    fact = VoucherBooked.about(REF, **SHARED, **BOOKED, **ADDED)
    read = parse(fact.type, fact.model_dump_json().encode())
    assert isinstance(read, VoucherBooked)
    assert (read.due_on, read.payer) == (date(2026, 3, 31), PAYER)
    assert read.event_id == VoucherBooked.about(REF, **SHARED, **BOOKED).event_id


def test_a_payment_without_a_due_day_is_stored_and_sent_as_before() -> None:
    assert "due_on" not in PAYPAL.model_dump(mode="json")
    assert "due_on" not in PAYPAL.model_dump_json()
    due = PAYPAL.model_copy(update={"due_on": date(2026, 3, 31)})
    assert PaymentData.model_validate_json(due.model_dump_json()) == due


def test_a_fact_that_is_printed_shows_no_hash() -> None:
    fact = VoucherBooked.about(REF, **SHARED, **BOOKED, **ADDED)
    shown = f"{fact!r} {fact}"
    assert not [one for one in (*PAYER.names, *PAYER.emails) if one in shown]
