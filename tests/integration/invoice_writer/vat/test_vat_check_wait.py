"""A document whose VAT id nobody confirmed yet waits as long as the merchant chose, then is parked (R27)."""

from datetime import timedelta

from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from factories.documents import euro, make_address, make_invoice, make_line, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer

BUYER = make_address(company="Wiener GmbH", country="AT", zip_code="1010", city="Wien", vat_id="ATU13585627")
INVOICE = make_invoice(address=BUYER, gross_total=euro("100.00"), lines=(make_line("100.00", "0"),))


async def arrives(writer: Writer, hours: int) -> None:
    """The merchant's choice is stored and the invoice is worked on."""
    await save_settings(writer.db, writer.tenant_id, 2, vat_check_wait_hours=hours)
    await writer.work(await writer.event(INVOICE, make_order(billing_address=BUYER)))


async def test_document_waits_for_its_vat_check_and_is_parked_when_no_answer_came_r27(
    writer: Writer,
) -> None:
    await arrives(writer, hours=2)
    waiting = await writer.outcome(INVOICE)
    assert (waiting.status, waiting.reason) == ("waiting", "vat_check_pending")
    assert waiting.params == {"vat_id": "ATU13585627"}
    assert waiting.waits_until is not None
    assert waiting.waits_until - waiting.first_seen_at <= timedelta(hours=2, minutes=1)
    async with writer.db.sessions.of_all_tenants() as session:
        past = {"first_seen_at": db_now(-7201.0), "waits_until": db_now(-1.0)}
        await session.execute(update(OutcomeRow).values(**past))
    await writer.work()
    parked = await writer.outcome(INVOICE)
    assert (parked.status, parked.reason, parked.waits_until) == ("parked", "vat_check_pending", None)


async def test_merchant_who_does_not_want_to_wait_sees_the_document_parked_at_once_r27(
    writer: Writer,
) -> None:
    await arrives(writer, hours=0)
    outcome = await writer.outcome(INVOICE)
    assert (outcome.status, outcome.reason) == ("parked", "vat_check_pending")
    assert outcome.evidence["vat_id"] == "ATU13585627"
    assert outcome.rules[-1] == "park.vat_check_pending"
