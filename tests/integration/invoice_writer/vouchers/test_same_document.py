"""The same document through another connection or tenant is one voucher; another document is another."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Update, select, update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import AttemptRow
from common.domain.reasons import DocumentReason
from common.events.documents import DocumentIssued
from factories.documents import euro, make_invoice, make_line, make_order
from factories.tenants import add_books, add_tenant
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.harness import ATTACH, CREATE, Writer

ELSEWHERE = DocumentReason.SAME_DOCUMENT_ELSEWHERE.value
ANOTHER_ORDER = make_order(order_id="6A10C0DE-0001-4A2B-9C3D-0A0B0C0D0E02", order_number="2025-1043")


def through_another_connection(writer: Writer) -> Writer:
    """The same merchant with the shop linked a second time."""
    return replace(writer, shop_id=uuid4())


async def as_another_tenant(writer: Writer) -> Writer:
    """Another merchant whom the same organization was linked to before that was refused."""
    tenant_id = await add_tenant(writer.db)
    books_id = await add_books(
        writer.db,
        tenant_id,
        organization_id=writer.organization["organization_id"],
        api_key=writer.organization["api_key"],
    )
    return replace(writer, tenant_id=tenant_id, books_id=books_id, shop_id=uuid4())


async def second_link(writer: Writer, kind: str) -> Writer:
    """The shop and its books, linked a second time."""
    if kind == "another tenant":
        return await as_another_tenant(writer)
    return through_another_connection(writer)


def of(writer: Writer, event: DocumentIssued) -> DocumentIssued:
    """The document as this connection brings it."""
    here = {"tenant_id": writer.tenant_id, "connection_id": writer.shop_id}
    return type(event).model_validate(event.model_dump() | here)


async def stands(one: Writer, event: DocumentIssued, status: str) -> bool:
    """Whether the document stands so for this merchant by now."""
    query = select(OutcomeRow.status).where(
        OutcomeRow.tenant_id == one.tenant_id, OutcomeRow.document_id == of(one, event).document_id
    )
    async with one.db.reading.of_all_tenants() as session:
        return await session.scalar(query) == status


async def change(one: Writer, changing: Update, **values: Any) -> None:
    async with one.db.sessions.of_all_tenants() as session:
        await session.execute(changing.values(**values))


BOTH = pytest.mark.parametrize("kind", ["another connection", "another tenant"])


@BOTH
async def test_same_order_through_a_second_link_is_parked_and_costs_no_request_r55(
    writer: Writer, kind: str
) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    other = await second_link(writer, kind)
    warm_up = await other.event(make_invoice(number="R-WARM-UP"), ANOTHER_ORDER, pdf=None)
    await other.work(warm_up)
    before = await writer.requests()
    await other.work(of(other, event))
    after = await writer.requests()
    outcome = await other.outcome(event.document)
    (first, _) = await writer.vouchers()
    assert (outcome.status, outcome.reason) == ("parked", ELSEWHERE)
    assert outcome.params == {"vouchers": [first["id"]]}
    grown = {path: count - before.get(path, 0) for path, count in after.items()}
    assert grown.get(CREATE, 0) == grown.get("GET /v1/vouchers/{id}", 0) == 0


@BOTH
async def test_two_links_that_bring_a_document_at_the_same_moment_make_one_voucher_r55(
    writer: Writer, kind: str
) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    other = await second_link(writer, kind)
    await asyncio.gather(writer.work(event), other.work(of(other, event)))
    stands = [(await one.outcome(event.document)) for one in (writer, other)]
    assert sorted((one.status, one.reason) for one in stands) == [("booked", None), ("parked", ELSEWHERE)]
    assert len(await writer.vouchers()) == 1


async def test_equal_order_number_date_and_total_of_another_order_is_a_persons_to_say_r55(
    writer: Writer,
) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    other = through_another_connection(writer)
    same_figures = make_order(order_id="another shop's order")
    await other.work(await other.event(make_invoice(), same_figures, pdf=None))
    assert (await other.outcome(event.document)).reason == ELSEWHERE


@BOTH
async def test_two_real_shops_with_equal_numbers_dates_and_totals_are_two_vouchers_r55(
    writer: Writer, kind: str
) -> None:
    await writer.work(await writer.event(make_invoice(), pdf=None))
    other = await second_link(writer, kind)
    await other.work(await other.event(make_invoice(), ANOTHER_ORDER, pdf=None))
    assert (await other.outcome(make_invoice())).status == "booked"
    assert len(await writer.vouchers()) == 2


async def test_equal_order_number_with_another_total_is_another_document(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice(), pdf=None))
    other = through_another_connection(writer)
    invoice = make_invoice(gross_total=euro("11.90"), lines=(make_line("11.90"),))
    await other.work(await other.event(invoice, make_order(order_id="another order"), pdf=None))
    assert len(await writer.vouchers()) == 2


@pytest.mark.parametrize("fault", ["timeout_after_commit", "drop_before_commit"])
async def test_document_waits_while_its_write_elsewhere_is_in_doubt(writer: Writer, fault: str) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    other = through_another_connection(writer)
    await writer.lexware.control.fault("POST", "/v1/vouchers", fault, 1)
    await writer.work(event, of(other, event))
    stands = [(await one.outcome(event.document)) for one in (writer, other)]
    assert sorted((one.status, one.reason) for one in stands) == [("booked", None), ("parked", ELSEWHERE)]
    stories = [await one.story(event.document) for one in (writer, other)]
    assert ["waiting", "booked"] in stories
    assert len(await writer.vouchers()) == 1


@pytest.mark.parametrize("fault", ["timeout_after_commit", "drop_before_commit"])
async def test_a_write_in_doubt_of_a_tenant_whose_books_were_released_is_settled_by_who_waits_for_it(
    writer: Writer, fault: str
) -> None:
    """Nobody else looks after it; while it may still arrive the document waits as for any other."""
    event = await writer.event(make_invoice(), pdf=None)
    other = await as_another_tenant(writer)
    await writer.lexware.control.fault("POST", "/v1/vouchers", fault, 1)
    await writer.work_until(lambda: stands(writer, event, "waiting"), event)
    await change(
        writer, update(ConnectionRow).where(ConnectionRow.tenant_id == writer.tenant_id), state="disabled"
    )
    await other.work_until(lambda: stands(other, event, "waiting"), of(other, event))
    await change(writer, update(AttemptRow), armed_at=db_now(-7200.0))
    await other.make_all_due()
    await other.work()
    outcome, (there,) = await other.outcome(event.document), await writer.vouchers()
    if fault == "drop_before_commit":
        assert (outcome.status, outcome.voucher_id) == ("booked", there["id"])
    else:
        assert (outcome.status, outcome.reason) == ("parked", ELSEWHERE)
        assert outcome.params == {"vouchers": [there["id"]]}


async def test_document_is_booked_when_its_write_elsewhere_was_refused(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    other = through_another_connection(writer)
    books = f"organizations/{writer.organization['organization_id']}"
    await writer.lexware.control.post(books, {"closedUntil": "2099-12-31"})
    await writer.work(event)
    assert (await writer.outcome(event.document)).status == "parked"
    await writer.lexware.control.post(books, {"closedUntil": None})
    await other.work(of(other, event))
    assert (await other.outcome(event.document)).status == "booked"
    assert len(await writer.vouchers()) == 1


async def test_document_adopted_as_the_same_stands_with_the_voucher_that_is_there(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    other = through_another_connection(writer)
    await writer.work(event)
    await other.work(of(other, event))
    (voucher,) = await writer.vouchers()
    await other.work(other.resolve(of(other, event), "adopt", voucher_id=voucher["id"]))
    outcome = await other.outcome(event.document)
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "adopted", voucher["id"])
    assert len(await writer.vouchers()) == 1


@pytest.mark.parametrize("fault", ["timeout_after_commit", "drop_before_commit"])
async def test_document_a_person_wants_booked_all_the_same_is_booked_once_also_after_a_doubt(
    writer: Writer, fault: str
) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    other = through_another_connection(writer)
    await writer.work(event)
    await other.work(of(other, event))
    await writer.lexware.control.fault("POST", "/v1/vouchers", fault, 1)
    await other.work(other.resolve(of(other, event), "book"))
    assert (await other.outcome(event.document)).status == "booked"
    assert len(await writer.vouchers()) == 2


async def test_doubtful_write_that_never_arrived_is_repeated_beside_another_shops_voucher(
    writer: Writer,
) -> None:
    await writer.work(await writer.event(make_invoice(), pdf=None))
    other = through_another_connection(writer)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "drop_before_commit", 1)
    await other.work(await other.event(make_invoice(), ANOTHER_ORDER, pdf=None))
    outcome = await other.outcome(make_invoice())
    assert (outcome.status, outcome.how) == ("booked", "written")
    assert len(await writer.vouchers()) == 2


@pytest.mark.parametrize(
    ("order", "reason"), [("2025-1042", ELSEWHERE), ("2025-104", None), ("12025-1042", None)]
)
async def test_voucher_with_an_unknown_marker_is_a_doubt_only_if_its_order_is_ours(
    writer: Writer, order: str, reason: str | None
) -> None:
    """As one that a lost database of this product made; order numbers are compared as whole words."""
    event = await writer.event(make_invoice(), pdf=None)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "drop_before_commit", 1)
    writer.effects = writer.effects.model_copy(update={"first_look": 600.0})
    await writer.work(event)
    made = await by_hand(writer, event.number, remark=f"#0123456789abcdef Bestellung {order}, Zahlung PayPal")
    writer.effects = writer.effects.model_copy(update={"first_look": 0.1})
    await writer.make_all_due()
    await writer.work()
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked" if reason else "booked", reason)
    assert outcome.params == ({"vouchers": [made]} if reason else {})


async def test_voucher_of_a_lost_database_that_names_our_order_is_shown_as_the_same(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    made = await by_hand(writer, event.number, remark="#0123456789abcdef Bestellung 2025-1042")
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.reason, outcome.params) == (ELSEWHERE, {"vouchers": [made]})


async def test_voucher_of_another_tenants_document_is_not_adopted_for_this_one(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice(), pdf=None))
    (voucher,) = await writer.vouchers()
    other = await as_another_tenant(writer)
    event = await other.event(make_invoice(), ANOTHER_ORDER, pdf=None)
    await by_hand(writer, event.number, gross="11.90")
    await other.work(event)
    await other.work(other.resolve(event, "adopt", voucher_id=voucher["id"]))
    assert (await other.outcome(event.document)).params["refused"] == voucher["id"]


async def test_economy_of_a_document_is_its_voucher_and_its_file(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice(number="R-WARM-UP"), ANOTHER_ORDER))
    before = await writer.requests()
    await writer.work(await writer.event(make_invoice()))
    after = await writer.requests()
    grown = {path: count - before.get(path, 0) for path, count in after.items() if count != before.get(path)}
    assert grown == {CREATE: 1, ATTACH: 1}
