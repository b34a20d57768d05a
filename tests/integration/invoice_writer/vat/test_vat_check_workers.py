"""The workers that ask VIES share the questions of all tenants, each asked by one of them."""

import asyncio

from common.db.dialect import db_now
from common.inbox.accept import accept
from common.settings import ViesSettings
from common.transport.local import LocalTransport
from common.vat.vies import ViesChecker
from factories.tenants import add_tenant
from integration.invoice_writer.checking import AUSTRIAN, CHECK, DUTCH, FRENCH, Checking, Held, invoice
from invoice_writer.app import build
from invoice_writer.vat import VatChecks, VatCheckWorker
from support.eventually import eventually


async def test_two_replicas_ask_once(checking: Checking) -> None:
    await checking.vies.control.fault("POST", CHECK, "slow", delay=50)
    await checking.work(invoice())
    asked = await asyncio.gather(*(checking.asker().run_once() for _ in range(4)))
    assert (sum(asked), await checking.questions()) == (1, [AUSTRIAN])
    assert len(await checking.answers()) == 1


async def test_a_replica_that_died_is_followed_by_another(checking: Checking) -> None:
    await checking.work(invoice())
    await checking.change(next_try_at=db_now(-1), lease_token=checking.writer.shop_id)
    assert await checking.ask() == 1
    assert (await checking.check()).result == "valid"


async def test_a_replica_whose_lease_was_taken_over_changes_nothing(checking: Checking) -> None:
    await checking.work(invoice())
    slow = Held(checking)
    late = asyncio.create_task(slow.worker().run_once())
    await slow.asked.wait()
    await checking.change(lease_token=checking.writer.shop_id)
    slow.go_on.set()
    await late
    assert await checking.questions() == [AUSTRIAN]
    assert (await checking.check()).result is None
    assert await checking.answers() == []


async def test_the_many_ids_of_one_tenant_do_not_hold_up_another(checking: Checking) -> None:
    checks, other = VatChecks(checking.db, checking.settings), await add_tenant(checking.db)
    for place in range(5):
        await checks.request(checking.writer.tenant_id, f"ATU1358562{place}")
    await checks.request(other, FRENCH)
    assert await checking.ask() == 2
    assert FRENCH in await checking.questions()


async def test_the_worker_runs_until_it_is_told_to_stop(checking: Checking) -> None:
    await checking.work(invoice(), invoice(FRENCH, "R-2"), invoice(DUTCH, "R-3"))
    stop, woken = asyncio.Event(), asyncio.Event()
    checker = ViesChecker(checking.writer.network, checking.settings)
    worker = VatCheckWorker(checking.db, checker, checking.settings, woken.set)
    running = asyncio.create_task(worker.run(stop))
    await asyncio.wait_for(woken.wait(), 10)
    await eventually(lambda: _has_asked(checking, 3))
    stop.set()
    await asyncio.wait_for(running, 5)


async def _has_asked(checking: Checking, count: int) -> bool:
    return len(await checking.questions()) == count


async def test_with_checks_switched_off_nobody_is_asked(checking: Checking) -> None:
    settings = checking.writer.settings()
    for enabled in (True, False):
        used = settings.model_copy(update={"vies": ViesSettings(enabled=enabled)})
        app = build(used, checking.db, LocalTransport(checking.db, accept), checking.writer.network)
        workers = [part for part in app.components if isinstance(part, VatCheckWorker)]
        assert len(workers) == int(enabled)
