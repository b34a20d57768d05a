"""VAT ids are checked beside the line (R27): nothing waits for VIES, every answer is kept and releases."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.vat import VatAnswerRow, VatCheckRow
from common.domain.documents import Document
from common.domain.reasons import Reason
from common.events.documents import DocumentIssued
from common.http.transport import Network
from common.inbox.accept import accept
from common.inbox.worker import Worker
from common.settings import ViesSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from common.vat.base import VatAnswer
from common.vat.vies import ViesChecker
from factories.documents import euro, make_address, make_credit_note, make_invoice, make_line, make_order
from factories.tenants import add_tenant, save_settings
from fixtures.line import until
from integration.invoice_writer.harness import CALM, EFFECTS, SCALE, Harness
from invoice_writer.app import build
from invoice_writer.recheck import Rechecker
from invoice_writer.vat_checks import VatChecks, VatCheckWorker
from sandbox.testing import Handle, running_sandbox

AUSTRIAN, FRENCH, DUTCH, GERMAN = "ATU13585627", "FR40303265045", "NL004495445B01", "DE136695976"
PENDING, INVALID = Reason.VAT_CHECK_PENDING.value, Reason.VAT_ID_INVALID.value
CHECK = "/taxation_customs/vies/rest-api/check-vat-number"


@dataclass
class Checking:
    """A writer whose decisions need checks, and a simulated VIES."""

    writer: Harness
    vies: Handle
    settings: ViesSettings = field(default_factory=ViesSettings)

    @property
    def db(self) -> Database:
        """The database under test."""
        return self.writer.db

    def asker(self, settings: ViesSettings | None = None) -> VatCheckWorker:
        """Another replica's worker."""
        used = settings or self.settings
        return VatCheckWorker(self.db, ViesChecker(self.writer.network, used), used, lambda: None)

    async def work(self, *documents: Document) -> None:
        """The writer works off the documents and everything due, but asks nobody."""
        app = build(
            self.writer.settings().model_copy(update={"vies": self.settings}),
            self.db,
            LocalTransport(self.db, accept),
            self.writer.network,
        )
        worker = next(part for part in app.components if isinstance(part, Worker))
        recheck = next(part for part in app.components if isinstance(part, Rechecker))
        events = [await self.event(document) for document in documents]
        async with self.db.sessions.begin() as session:
            await accept(session, "invoice-writer", [Incoming.of(event) for event in events])
        await worker.run_until_idle(20)
        while await recheck.look():
            await worker.run_until_idle(20)

    async def event(self, document: Document) -> DocumentIssued:
        """The document with an order that goes to the same address."""
        return await self.writer.event(document, make_order(billing_address=document.address))

    async def ask(self) -> int:
        """One look of the worker; how many ids it asked about."""
        return await self.asker().look()

    async def stands(self, document: Document) -> tuple[str, str | None]:
        """Status and reason of the document."""
        row = await self.writer.outcome(document)
        return row.status, row.reason

    async def questions(self) -> list[str]:
        """The ids VIES was asked about, in order."""
        return [one["vatId"] for one in (await self.vies.control.state())["questions"]]

    async def check(self, vat_id: str = AUSTRIAN) -> VatCheckRow:
        """The row of an id."""
        query = select(VatCheckRow).where(
            VatCheckRow.vat_id == vat_id, VatCheckRow.tenant_id == self.writer.tenant_id
        )
        async with self.db.reading.begin() as session:
            return (await session.scalars(query)).one()

    async def answers(self) -> Sequence[VatAnswerRow]:
        """Every proof, oldest first."""
        async with self.db.reading.begin() as session:
            return (await session.scalars(select(VatAnswerRow).order_by(VatAnswerRow.answer_id))).all()

    async def change(self, **values: Any) -> None:
        """Move the times of all checks, as if time had passed."""
        async with self.db.sessions.begin() as session:
            await session.execute(update(VatCheckRow).values(**values))


class Held:
    """Asks VIES, but keeps the answer to itself until it may go on."""

    def __init__(self, checking: Checking) -> None:
        self._checking, self._vies = checking, ViesChecker(checking.writer.network, checking.settings)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    def worker(self) -> VatCheckWorker:
        """A replica that asks this way."""
        return VatCheckWorker(self._checking.db, self, self._checking.settings, lambda: None)

    async def check(self, vat_id: str, *, asked_by: str | None = None) -> VatAnswer:
        """The answer of VIES, later."""
        answer = await self._vies.check(vat_id, asked_by=asked_by)
        self.asked.set()
        await self.go_on.wait()
        return answer


@pytest.fixture
async def checking(database: Database) -> AsyncIterator[Checking]:
    """A merchant whose buyers have VAT ids, and a VIES that is calm unless told otherwise."""
    switches = {"lexware": CALM, "vies": {"outages": 0, "body_timeout": CALM["body_timeout"]}}
    async with (
        running_sandbox("lexware", "vies", time_scale=SCALE, switches=switches) as sandbox,
        Network() as network,
    ):
        harness = Harness(database, sandbox.lexware, network, EFFECTS)
        await harness.set_up()
        settings = ViesSettings(api_url=sandbox.vies.credentials["base_url"], timeout_seconds=5)
        yield Checking(harness, sandbox.vies, settings=settings)


def invoice(vat_id: str | None = AUSTRIAN, number: str = "R-1") -> Document:
    """An untaxed invoice to a company in the state of this VAT id; without one a taxed one at home."""
    if vat_id is None:
        return make_invoice(number=number)
    buyer = make_address(company="Handel", vat_id=vat_id, country=vat_id[:2], zip_code=None, city="Ort")
    untaxed = (make_line("49.90", "0"),)
    return make_invoice(number=number, address=buyer, gross_total=euro("49.90"), lines=untaxed)


async def test_r27_the_document_waits_for_the_check_and_is_booked_by_its_answer(checking: Checking) -> None:
    document = invoice()
    await checking.work(document)
    row = await checking.writer.outcome(document)
    assert (row.status, row.reason, row.params) == ("waiting", PENDING, {"vat_id": AUSTRIAN})
    assert await checking.questions() == []
    assert await checking.ask() == 1
    await checking.work()
    booked = await checking.writer.outcome(document)
    assert (booked.status, booked.evidence["vat_check"]["result"]) == ("booked", "valid")
    assert len(await checking.writer.vouchers()) == 1


async def test_r27_result_time_and_proof_are_stored(checking: Checking) -> None:
    await save_settings(checking.db, checking.writer.tenant_id, 2, own_vat_id=GERMAN)
    await checking.work(invoice())
    await checking.ask()
    row, (answer,) = await checking.check(), await checking.answers()
    assert (row.result, row.next_try_at, row.tries, row.trouble) == ("valid", None, 1, None)
    assert row.answered_at is not None
    assert answer.request_id == row.request_id
    assert answer.request_id is not None
    assert answer.request_id.startswith("WAPIAAA")
    assert (answer.asked_by, answer.result, answer.source) == (GERMAN, "valid", "vies")
    assert hashlib.sha256(answer.proof).hexdigest() == answer.sha256
    assert json.loads(answer.proof)["vatNumber"] == "U13585627"


async def test_the_proof_behind_a_decision_is_found_by_the_moment_it_names(checking: Checking) -> None:
    document = invoice()
    await checking.work(document)
    await checking.ask()
    await checking.work()
    decided = (await checking.writer.outcome(document)).evidence["vat_check"]
    (answer,) = await checking.answers()
    assert answer.vat_id == decided["vat_id"]
    assert answer.created_at >= datetime.fromisoformat(decided["checked_at"])


async def test_r27_a_correction_stands_on_the_check_of_its_invoice(checking: Checking) -> None:
    document = invoice()
    await checking.work(document)
    await checking.ask()
    await checking.work()
    await checking.vies.control.post("ids", {"vat_id": AUSTRIAN, "valid": False})
    await checking.change(result="invalid", answered_at=db_now())
    correction = make_credit_note(
        number="K-1", address=document.address, gross_total=euro("10.00"), lines=(make_line("10.00", "0"),)
    )
    await checking.work(correction)
    row = await checking.writer.outcome(correction)
    assert (row.status, row.evidence["vat_check"]["result"]) == ("booked", "valid")
    assert await checking.questions() == [AUSTRIAN]


async def test_a_proof_is_never_changed_or_deleted(checking: Checking) -> None:
    await checking.work(invoice())
    await checking.ask()
    with pytest.raises(DBAPIError):
        async with checking.db.sessions.begin() as session:
            await session.execute(update(VatAnswerRow).values(result="invalid"))


async def test_an_invalid_id_parks_the_document_with_the_check_as_evidence(checking: Checking) -> None:
    await checking.vies.control.post("ids", {"vat_id": AUSTRIAN, "valid": False})
    document = invoice()
    await checking.work(document)
    await checking.ask()
    await checking.work()
    row = await checking.writer.outcome(document)
    assert (row.status, row.reason) == ("parked", INVALID)
    assert row.evidence["vat_check"]["result"] == "invalid"
    assert await checking.writer.vouchers() == []


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
    await checking.asker(checking.settings.model_copy(update={"timeout_seconds": 0.2})).look()
    row = await checking.check()
    assert (row.result, row.trouble) == (None, "http.unreachable")


async def test_a_slow_vies_holds_up_no_document(checking: Checking) -> None:
    await checking.work(invoice())
    slow = Held(checking)
    asking = asyncio.create_task(slow.worker().look())
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
    async with checking.db.sessions.begin() as session:
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
    async with checking.db.sessions.begin() as session:
        await accept(session, "invoice-writer", [Incoming.of(checking.writer.retry(event))])
    await checking.work()
    evidence = (await checking.writer.outcome(document)).evidence
    assert evidence["vat_check"]["result"] == "unavailable"


async def test_many_documents_of_one_buyer_ask_once_and_all_go_on(checking: Checking) -> None:
    documents = [invoice(number=f"R-{place}") for place in range(5)]
    await checking.work(*documents)
    await checking.ask()
    await checking.work()
    assert await checking.questions() == [AUSTRIAN]
    assert {await checking.stands(document) for document in documents} == {("booked", None)}


async def test_an_answer_releases_only_the_documents_of_its_own_id(checking: Checking) -> None:
    await checking.vies.control.post("outages", {"state": "FR"})
    await checking.work(invoice(), invoice(FRENCH, "R-2"))
    await checking.ask()
    await checking.work()
    assert await checking.stands(invoice()) == ("booked", None)
    assert await checking.stands(invoice(FRENCH, "R-2")) == ("waiting", PENDING)
    assert len(await checking.writer.story(invoice(FRENCH, "R-2"))) == 1


async def test_two_replicas_ask_once(checking: Checking) -> None:
    await checking.vies.control.fault("POST", CHECK, "slow", delay=50)
    await checking.work(invoice())
    asked = await asyncio.gather(*(checking.asker().look() for _ in range(4)))
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
    late = asyncio.create_task(slow.worker().look())
    await slow.asked.wait()
    await checking.change(lease_token=checking.writer.shop_id)
    slow.go_on.set()
    await late
    assert await checking.questions() == [AUSTRIAN]
    assert (await checking.check()).result is None
    assert await checking.answers() == []


async def test_a_young_answer_is_used_again_and_an_old_one_is_asked_anew(checking: Checking) -> None:
    await checking.work(invoice())
    await checking.ask()
    await checking.work(invoice(number="R-2"))
    assert await checking.stands(invoice(number="R-2")) == ("booked", None)
    assert len(await checking.questions()) == 1
    await checking.change(answered_at=db_now(-25 * 3600))
    await checking.work(invoice(number="R-3"))
    assert await checking.stands(invoice(number="R-3")) == ("waiting", PENDING)
    await checking.ask()
    await checking.work()
    assert await checking.stands(invoice(number="R-3")) == ("booked", None)
    assert [answer.result for answer in await checking.answers()] == ["valid", "valid"]


async def test_an_id_that_became_valid_is_asked_about_anew_by_a_later_try(checking: Checking) -> None:
    await checking.vies.control.post("ids", {"vat_id": AUSTRIAN, "valid": False})
    document = invoice()
    await checking.work(document)
    await checking.ask()
    await checking.work()
    await checking.vies.control.post("ids", {"vat_id": AUSTRIAN, "valid": True})
    await checking.change(answered_at=db_now(-2 * 3600))
    event = await checking.event(document)
    async with checking.db.sessions.begin() as session:
        await accept(session, "invoice-writer", [Incoming.of(checking.writer.retry(event))])
    await checking.work()
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)


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


async def test_a_refusal_of_the_installation_is_tried_seldom(checking: Checking) -> None:
    await checking.vies.control.fault("POST", CHECK, "forbidden")
    await checking.work(invoice())
    await checking.ask()
    row = await checking.check()
    assert row.next_try_at is not None
    assert row.tried_at is not None
    assert round((row.next_try_at - row.tried_at).total_seconds()) == 900


async def test_tenants_have_checks_of_their_own(checking: Checking) -> None:
    await checking.work(invoice())
    await checking.ask()
    other = VatChecks(checking.db, checking.settings)
    assert await other.find(checking.writer.shop_id, AUSTRIAN) is None
    known = await other.find(checking.writer.tenant_id, AUSTRIAN)
    assert known is not None
    assert known.result == "valid"


async def test_the_many_ids_of_one_tenant_do_not_hold_up_another(checking: Checking) -> None:
    checks, other = VatChecks(checking.db, checking.settings), await add_tenant(checking.db)
    for place in range(5):
        await checks.request(checking.writer.tenant_id, f"ATU1358562{place}")
    await checks.request(other, FRENCH)
    assert await checking.ask() == 2
    assert FRENCH in await checking.questions()


async def test_an_answer_that_came_before_the_document_was_recorded_still_releases_it(
    checking: Checking,
) -> None:
    document = invoice()
    await checking.work(document)
    settled = checking.asker()
    await settled.look()
    async with checking.db.sessions.begin() as session:
        moved = {"changed_at": db_now(60), "revision": OutcomeRow.revision + 1}
        await session.execute(update(OutcomeRow).values(**moved))
    await settled.look()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)


async def test_the_worker_runs_until_it_is_told_to_stop(checking: Checking) -> None:
    await checking.work(invoice(), invoice(FRENCH, "R-2"), invoice(DUTCH, "R-3"))
    stop, woken = asyncio.Event(), asyncio.Event()
    checker = ViesChecker(checking.writer.network, checking.settings)
    worker = VatCheckWorker(checking.db, checker, checking.settings, woken.set)
    running = asyncio.create_task(worker.run(stop))
    await asyncio.wait_for(woken.wait(), 10)
    await until(lambda: _has_asked(checking, 3))
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
