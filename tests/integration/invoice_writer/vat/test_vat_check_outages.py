"""A VIES that is silent, slow or talks nonsense is asked again, and documents wait no longer than chosen."""

import asyncio

import pytest
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.inbox.accept import accept
from common.transport.base import Incoming
from factories.tenants import save_settings
from integration.invoice_writer.checking import CHECK, PENDING, Checking, Held, invoice


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("error", ["MS_UNAVAILABLE", "GLOBAL_MAX_CONCURRENT_REQ"])
async def test_r27_an_outage_never_counts_as_an_answer(checking: Checking, error: str, status: int) -> None:
    await checking.vies.control.settings(error_status=status)
    await checking.vies.control.post("outages", {"state": "AT", "error": error})
    document = invoice()
    await checking.work(document)
    await checking.ask()
    await checking.work()
    row = await checking.check()
    assert await checking.stands(document) == ("waiting", PENDING)
    assert (row.result, row.tries, row.trouble) == (None, 1, "vies.silent")
    assert row.next_try_at is not None
    assert await checking.answers() == []


@pytest.mark.parametrize("kind", ["html_answer", "truncated_answer", "drop_before_commit", "server_error"])
async def test_nonsense_from_vies_is_asked_over_again_later(checking: Checking, kind: str) -> None:
    await checking.vies.control.fault("POST", CHECK, kind)
    document = invoice()
    await checking.work(document)
    await checking.ask()
    row = await checking.check()
    assert (row.result, row.tries) == (None, 1)
    assert row.trouble
    await checking.change(next_try_at=db_now())
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)


async def test_a_vies_too_slow_for_us_is_asked_over_again_later(checking: Checking) -> None:
    await checking.vies.control.fault("POST", CHECK, "slow", delay=200)
    await checking.work(invoice())
    await checking.asker(checking.settings.model_copy(update={"timeout_seconds": 0.2})).run_once()
    row = await checking.check()
    assert (row.result, row.trouble) == (None, "http.unreachable")


async def test_a_slow_vies_holds_up_no_document(checking: Checking) -> None:
    await checking.work(invoice())
    slow = Held(checking)
    asking = asyncio.create_task(slow.worker().run_once())
    await slow.asked.wait()
    await checking.work(invoice(None, "R-2"))
    assert await checking.stands(invoice(None, "R-2")) == ("booked", None)
    assert not asking.done()
    slow.go_on.set()
    await asking


async def test_r27_after_the_configured_wait_the_document_is_parked(checking: Checking) -> None:
    await checking.vies.control.post("outages")
    document = invoice()
    await checking.work(document)
    assert await checking.stands(document) == ("waiting", PENDING)
    async with checking.db.sessions.of_all_tenants() as session:
        past = db_now(-25 * 3600)
        await session.execute(update(OutcomeRow).values(first_seen_at=past, waits_until=db_now()))
    await checking.work()
    assert await checking.stands(document) == ("parked", PENDING)


async def test_r27_a_late_answer_still_releases_what_was_parked(checking: Checking) -> None:
    await checking.vies.control.post("outages")
    await save_settings(checking.db, checking.writer.tenant_id, 2, vat_check_wait_hours=0)
    document = invoice()
    await checking.work(document)
    assert await checking.stands(document) == ("parked", PENDING)
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("parked", PENDING)
    await checking.vies.control.post("outages", {"error": None})
    await checking.change(next_try_at=db_now())
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)


async def test_what_was_tried_in_vain_is_evidence(checking: Checking) -> None:
    await checking.vies.control.post("outages")
    document = invoice()
    await checking.work(document)
    await checking.ask()
    event = await checking.event(document)
    async with checking.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [Incoming.of(checking.writer.retry(event))])
    await checking.work()
    evidence = (await checking.writer.outcome(document)).evidence
    assert evidence["vat_check"]["result"] == "unavailable"


async def test_tries_come_at_growing_distances_within_a_limit(checking: Checking) -> None:
    await checking.vies.control.post("outages")
    await checking.work(invoice())
    waits = []
    for _ in range(8):
        await checking.change(next_try_at=db_now())
        await checking.ask()
        row = await checking.check()
        assert row.next_try_at is not None
        assert row.tried_at is not None
        waits.append(round((row.next_try_at - row.tried_at).total_seconds()))
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


async def first_wait(checking: Checking) -> int:
    """Seconds until the next try, after the first one."""
    await checking.work(invoice())
    await checking.ask()
    row = await checking.check()
    assert row.next_try_at is not None
    assert row.tried_at is not None
    return round((row.next_try_at - row.tried_at).total_seconds())


async def test_a_refusal_of_the_installation_in_words_of_vies_is_tried_seldom(checking: Checking) -> None:
    await checking.vies.control.post("outages", {"error": "IP_BLOCKED"})
    assert await first_wait(checking) == 900


async def test_what_somebody_in_front_of_vies_refuses_is_weather(checking: Checking) -> None:
    await checking.vies.control.fault("POST", CHECK, "forbidden")
    assert await first_wait(checking) == 30
