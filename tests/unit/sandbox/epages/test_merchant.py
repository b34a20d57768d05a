"""Drafts become numbered documents, and credit notes follow invoices."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.clock import Clock
from sandbox.epages.merchant import Impossible, Merchant
from sandbox.epages.models import Order, Shop
from sandbox.epages.specs import ChangeSpec, DocumentSpec, FinaliseSpec, LineSpec, OrderSpec, PickSpec
from sandbox.epages.state import OrderFilter, ShopState, World
from sandbox.store import Store

START = datetime(2025, 3, 4, 8, 0, tzinfo=UTC)


class TickingClock(Clock):
    """Every look at it takes a second."""

    time = START

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class Desk:
    """A merchant with a clock of its own, and a list of what was announced."""

    def __init__(self, store: Store) -> None:
        self.world = World(store)
        shop = Shop(
            key="*/ShopA", shop_id="ShopA", name="Shop A", client_id="id", client_secret="s", access_token="t"
        )
        self.state: ShopState = self.world.add(shop)
        self.announced: list[str] = []
        self.merchant = Merchant(
            self.state, TickingClock(), lambda shop, event, order: self.announced.append(event)
        )

    def place(self, **fields: object) -> Order:
        return self.merchant.place(OrderSpec.model_validate(fields))


@pytest.fixture
def desk() -> Iterator[Desk]:
    store = Store(None)
    yield Desk(store)
    store.close()


LINES = [
    LineSpec(price=Decimal("24.95"), quantity=Decimal(2)),
    LineSpec(price=Decimal("10.70"), rate=Decimal(7)),
]


def test_a_draft_changes_nothing_that_can_be_seen(desk: Desk) -> None:
    order = desk.place(lines=LINES)
    before = order.updated
    desk.merchant.draft(order, FinaliseSpec())
    assert (order.finalised(), order.updated, desk.announced) == ([], before, ["ORDER_CREATE"])


def test_finalising_a_draft_gives_it_a_number_and_updates_the_order(desk: Desk) -> None:
    order = desk.place(lines=LINES)
    draft = desk.merchant.draft(order, FinaliseSpec(created_at=START - timedelta(days=7)))
    before = order.updated
    document = desk.merchant.finalise(order, FinaliseSpec(document_id=draft.document_id))
    assert document.number == "R-2025-0001"
    assert document.created == "2025-02-25T08:00:00.000Z"
    assert order.updated > before
    assert order.dates["invoicedOn"] == order.updated
    with pytest.raises(Impossible):
        desk.merchant.finalise(order, FinaliseSpec(document_id=draft.document_id))


def test_an_issue_date_is_midnight_at_the_merchants_place(desk: Desk) -> None:
    order = desk.place(lines=LINES)
    document = desk.merchant.finalise(order, FinaliseSpec(issue_date=date(2025, 4, 1)))
    assert document.issued == "2025-03-31T22:00:00.000Z"


def test_numbers_run_per_kind_unless_the_shop_shares_them(desk: Desk) -> None:
    order = desk.place(lines=LINES)
    desk.merchant.finalise(order, FinaliseSpec())
    assert desk.merchant.credit(order, DocumentSpec()).number == "G-2025-0001"
    desk.state.shop.shared_numbers = True
    assert desk.merchant.credit(order, DocumentSpec()).number == "R-2025-0002"


def test_a_whole_credit_note_equals_its_invoice_and_a_part_takes_the_named_pieces(desk: Desk) -> None:
    order = desk.place(lines=LINES, shipping_price="4.90", fee="2.00")
    invoice = desk.merchant.finalise(order, FinaliseSpec())
    whole = desk.merchant.credit(order, DocumentSpec())
    part = desk.merchant.credit(
        order, DocumentSpec(lines=[PickSpec(index=0, quantity=Decimal(1))]), invoice.number
    )
    assert whole.basket.totals() == invoice.basket.totals()
    assert invoice.basket.totals().grand == Decimal("67.50")
    assert part.basket.totals().grand == Decimal("24.95")
    assert part.basket.shipping_price == 0


def test_without_an_invoice_nothing_can_be_credited(desk: Desk) -> None:
    with pytest.raises(Impossible):
        desk.merchant.credit(desk.place(lines=LINES), DocumentSpec())


def test_a_changed_document_keeps_its_number(desk: Desk) -> None:
    order = desk.place(lines=LINES)
    document = desk.merchant.finalise(order, FinaliseSpec(number="7"))
    before = document.basket.totals().grand
    desk.merchant.change(order, document, ChangeSpec(number="7"))
    assert document.number == "7"
    assert document.basket.totals().grand == before + Decimal("24.95")


def test_made_up_orders_are_the_same_for_the_same_seed(desk: Desk) -> None:
    first, second, other = desk.place(seed=7), desk.place(seed=7), desk.place(seed=8)
    assert first.basket.totals() == second.basket.totals()
    assert first.billing == second.billing
    assert (first.order_id, first.number) != (second.order_id, second.number)
    assert (other.billing, other.basket.totals()) != (first.billing, first.basket.totals())


def test_what_was_updated_is_found_without_reading_all_orders(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [desk.place(lines=LINES) for _ in range(5)]
    desk.merchant.touch(orders[1])
    looked_at: list[str] = []
    accepts = OrderFilter.accepts

    def note(wanted: OrderFilter, order: Order) -> bool:
        looked_at.append(order.order_id)
        return accepts(wanted, order)

    monkeypatch.setattr(OrderFilter, "accepts", note)
    found = desk.state.query(OrderFilter(updated_from=orders[4].updated))
    assert found == looked_at == [orders[4].order_id, orders[1].order_id]
    by_update = desk.state.query(OrderFilter(updated_from=orders[4].updated, by_last_update=True))
    assert by_update == [orders[1].order_id, orders[4].order_id]


def test_a_status_filter_finds_what_is_set_and_what_is_not(desk: Desk) -> None:
    first, second = desk.place(lines=LINES), desk.place(lines=LINES)
    desk.merchant.set_dates(first, {"paidOn": "2025-03-04T09:00:00.000Z"})
    assert desk.state.query(OrderFilter(flags=(("paidOn", True),))) == [first.order_id]
    assert desk.state.query(OrderFilter(flags=(("paidOn", False),))) == [second.order_id]
    desk.merchant.set_dates(first, {"paidOn": None})
    assert desk.state.query(OrderFilter(flags=(("paidOn", True),))) == []


def test_everything_is_there_again_after_a_restart(desk: Desk) -> None:
    order = desk.place(lines=LINES, coupon="5.00", deposits=[{"amount": "0.25"}])
    document = desk.merchant.finalise(order, FinaliseSpec(pdf="late"))
    gone = desk.place(lines=LINES)
    desk.merchant.delete(gone)
    desk.world.load()
    state = desk.world.shops["*/ShopA"]
    assert state.orders == {order.order_id: order}
    assert state.find_document("Invoice", document.number or "") == (order, document)
    assert state.shop.counters == desk.state.shop.counters
    assert desk.world.shop_of_token("t") == "*/ShopA"
