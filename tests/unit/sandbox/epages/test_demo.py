"""The demo plays a believable shop at the ordered rate."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.epages.demo import CREDIT_EVERY, LATE_PDF_EVERY, PARKED_EVERY, DemoPlayer
from sandbox.epages.models import Document, Order
from sandbox.epages.simulator import EpagesSimulator
from sandbox.epages.switches import EpagesSwitches
from sandbox.faults import Faults
from sandbox.store import Store


def simulator(path: Path | None = None) -> EpagesSimulator:
    """A simulator with its demo shop, not listening anywhere."""
    made = EpagesSimulator(EpagesSwitches(), Store(path), Clock(), Faults())
    if made.is_empty():
        made.seed()
    return made


def issued(epages: EpagesSimulator) -> list[tuple[Order, Document]]:
    """All documents with their orders."""
    (state,) = epages.world.shops.values()
    return [(order, document) for order in state.orders.values() for document in order.documents]


@pytest.fixture
def epages() -> Iterator[EpagesSimulator]:
    made = simulator()
    yield made
    made.store.close()


def test_most_documents_are_domestic_and_every_twelfth_is_not(epages: EpagesSimulator) -> None:
    player = DemoPlayer(epages.platform, epages.store.flush, 20, Clock())
    for _ in range(PARKED_EVERY * 6):
        player.step()
    documents = issued(epages)
    kinds = [document.type for _, document in documents]
    foreign = [order for order, document in documents if order.billing["country"] != "DE"]
    untaxed = [order for order, _ in documents if {line.rate for line in order.basket.lines} == {Decimal(0)}]
    domestic = [order for order, _ in documents if order not in foreign and order not in untaxed]
    assert len(documents) == PARKED_EVERY * 6
    assert kinds.count("CreditNote") in range(1, len(documents) // CREDIT_EVERY + 1)
    assert {order.billing["country"] for order in foreign} <= {"AT", "CH"}
    assert foreign
    assert untaxed
    assert len(domestic) >= len(documents) * 0.85
    assert {line.rate for order in domestic for line in order.basket.lines} == {Decimal(19), Decimal(7)}
    late = [document for _, document in documents if document.pdf.mode == "late"]
    assert len(late) in range(1, len(documents) // LATE_PDF_EVERY + 1)


def test_totals_of_the_demo_always_agree(epages: EpagesSimulator) -> None:
    player = DemoPlayer(epages.platform, epages.store.flush, 20, Clock())
    for _ in range(100):
        totals = player.step().basket.totals()
        assert totals.grand == totals.before_tax + totals.tax > 0


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    first = simulator(tmp_path / "epages.sqlite3")
    one = DemoPlayer(first.platform, first.store.flush, 20, Clock()).step()
    first.store.close()
    second = simulator(tmp_path / "epages.sqlite3")
    two = DemoPlayer(second.platform, second.store.flush, 20, Clock()).step()
    second.store.close()
    assert (one.number or "")[-4:] == "0001"
    assert (two.number or "")[-4:] == "0002"
    assert len(issued(second)) == 2


async def play(epages: EpagesSimulator, rate: float, until: int) -> int:
    """Let the player run until there are so many documents, or as long as it wants when it ends by itself."""
    player = asyncio.create_task(DemoPlayer(epages.platform, epages.store.flush, rate, Clock(0.001)).run())
    deadline = time.monotonic() + 5
    while not player.done() and len(issued(epages)) < until:
        assert time.monotonic() < deadline
        await asyncio.sleep(0)
    player.cancel()
    with suppress(asyncio.CancelledError):
        await player
    return len(issued(epages))


async def test_the_player_goes_on_until_it_is_stopped(epages: EpagesSimulator) -> None:
    assert await play(epages, 20, until=6) >= 6


async def test_at_rate_zero_nothing_happens(epages: EpagesSimulator) -> None:
    assert await play(epages, 0, until=1) == 0
