"""What is told of a document has hashes of who may pay it, the day it is due, and the voucher of a person."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from common.db.models.effects import TenantSecretRow
from common.db.payer_keys import PayerKeys
from common.db.secrets import Secrets
from common.domain.buyers import PayerKey
from common.domain.documents import PaymentData
from common.domain.merchant import GOODS_CATEGORY
from common.domain.money import Money
from common.events.documents import DocumentConflicted
from common.events.vouchers import DocumentExcluded, DocumentParked, VoucherBooked
from factories.documents import make_address, make_invoice, make_order, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.harness import Writer

TOLD = VoucherBooked, DocumentParked, DocumentExcluded
DUE = date(2025, 4, 3)


async def told(writer: Writer) -> list[Any]:
    """What was announced of documents, in order."""
    return [fact for fact in await writer.announced() if isinstance(fact, TOLD)]


async def key_of(writer: Writer) -> PayerKey:
    """The merchant's key, as the next process finds it."""
    found = await PayerKeys(writer.db, Secrets(writer.keys)).get([writer.tenant_id])
    key = found[writer.tenant_id]
    assert key is not None
    return key


async def test_a_booked_document_says_who_may_pay_it_and_until_when(writer: Writer) -> None:
    order = make_order(
        billing_address=make_address(first_name="Jonas", last_name="Vorbild", email="j@kunde.example"),
        payment=PaymentData(name="Rechnung", due_on=DUE),
    )
    await writer.work(await writer.event(make_invoice(), order))
    [fact] = await told(writer)
    key = await key_of(writer)
    assert isinstance(fact, VoucherBooked)
    assert fact.due_on == DUE
    assert fact.payer is not None
    assert fact.payer.names == (key.name("BEISPIEL, MARA"), key.name("Dr. Jonas Vorbild"))
    assert fact.payer.emails == (key.email("Mara@Kunde.example"), key.email("j@kunde.example"))


async def test_parked_booked_and_excluded_say_the_same_of_the_payer(writer: Writer) -> None:
    parked, left_out = zero_rated(), zero_rated(number="R-2")
    events = [await writer.event(parked), await writer.event(left_out)]
    await writer.work(*events)
    await writer.work(writer.exclude(events[1]))
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    await writer.work(writer.retry(events[0]))
    facts = await told(writer)
    assert [type(fact) for fact in facts] == [DocumentParked, DocumentParked, DocumentExcluded, VoucherBooked]
    payer = (await key_of(writer)).hashes_of(parked, events[0].order)
    assert payer is not None
    assert {fact.payer for fact in facts} == {payer}
    assert {fact.due_on for fact in facts} == {None}


async def test_a_document_that_came_with_other_content_says_who_may_pay_what_came_first(
    writer: Writer,
) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event)
    hashes = {"known_hash": event.content_hash, "content_hash": "0" * 64}
    await writer.work(DocumentConflicted.about(event.ref, **hashes))
    *_, fact = await told(writer)
    assert (fact.reason, fact.payer) == (
        "document_conflict",
        (await key_of(writer)).hashes_of(event.document, event.order),
    )


async def test_a_voucher_made_by_hand_and_an_adopted_one_are_named(writer: Writer) -> None:
    document, adopted = zero_rated(), make_invoice(number="R-2")
    first = await writer.event(document)
    await writer.work(first)
    await writer.work(writer.resolve(first, "by_hand", voucher_id="v-1"))
    there = await by_hand(writer, "R-2")
    await writer.work(await writer.event(adopted))
    *_, excluded, booked = await told(writer)
    assert (excluded.rule, excluded.voucher_id, excluded.payer is None) == ("booked_by_hand", "v-1", False)
    assert (booked.how, booked.voucher_id) == ("adopted", there)


async def test_a_document_that_a_rule_leaves_out_names_no_voucher(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice(gross_total=Money(0), lines=())))
    [fact] = await told(writer)
    assert isinstance(fact, DocumentExcluded)
    assert fact.voucher_id is None


async def test_of_an_erased_document_nothing_is_told_of_a_payer(writer: Writer) -> None:
    nobody = make_address(first_name=None, last_name=None, email=None)
    document, order = zero_rated(address=nobody), make_order(billing_address=None)
    await writer.work(await writer.event(document, order))
    [fact] = await told(writer)
    assert fact.payer is None


async def test_two_merchants_never_share_a_hash(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice()))
    [mine] = await told(writer)
    await writer.set_up()
    writer.shop_id = uuid4()
    await writer.work(await writer.event(make_invoice()))
    *_, theirs = await told(writer)
    assert theirs.tenant_id != mine.tenant_id
    assert {*mine.payer.names, *mine.payer.emails}.isdisjoint({*theirs.payer.names, *theirs.payer.emails})


async def test_another_document_costs_no_look_at_the_key_and_no_log_tells_a_payer(
    writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[str] = []

    def note(*args: Any) -> None:
        looks.extend(["key"] if TenantSecretRow.__tablename__ in args[2] else [])

    event.listen(writer.db.engine.sync_engine, "before_cursor_execute", note)
    documents = [make_invoice(number=f"R-{number}") for number in range(4)]
    await writer.work(*[await writer.event(document) for document in documents])
    facts = await told(writer)
    assert len(facts) == len(documents)
    assert len(looks) == 3  # looked for, made, read again: once for all
    said, key = "".join(capsys.readouterr()), await key_of(writer)
    shown = (key.value.get_secret_value(), *facts[0].payer.names, *facts[0].payer.emails)
    assert not [one for one in shown if one in said]
