"""VAT ids are checked beside the line (R27): every answer is kept, and releases what waits for it."""

import hashlib
import json
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.vat import VatAnswerRow
from common.inbox.accept import accept
from common.transport.base import Incoming
from factories.documents import euro, make_credit_note, make_line
from factories.tenants import save_settings
from integration.invoice_writer.checking import AUSTRIAN, FRENCH, GERMAN, INVALID, PENDING, Checking, invoice
from invoice_writer.vat import VatChecks


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
        async with checking.db.sessions.of_all_tenants() as session:
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
    async with checking.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [Incoming.of(checking.writer.retry(event))])
    await checking.work()
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)


async def test_tenants_have_checks_of_their_own(checking: Checking) -> None:
    await checking.work(invoice())
    await checking.ask()
    other = VatChecks(checking.db, checking.settings)
    assert await other.find(checking.writer.shop_id, AUSTRIAN) is None
    known = await other.find(checking.writer.tenant_id, AUSTRIAN)
    assert known is not None
    assert known.result == "valid"


async def test_an_answer_that_came_before_the_document_was_recorded_still_releases_it(
    checking: Checking,
) -> None:
    document = invoice()
    await checking.work(document)
    settled = checking.asker()
    await settled.run_once()
    async with checking.db.sessions.of_all_tenants() as session:
        moved = {"changed_at": db_now(60), "revision": OutcomeRow.revision + 1}
        await session.execute(update(OutcomeRow).values(**moved))
    await settled.run_once()
    await checking.work()
    assert await checking.stands(document) == ("booked", None)
