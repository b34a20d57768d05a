"""Whatever parked a document, a person can close it: booked by hand, or excluded with the reason."""

from common.domain.documents import Document
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.events.documents import DocumentIssued
from factories.documents import make_invoice
from integration.invoice_writer.harness import Writer
from invoice_writer.outcomes import Outcome, record_outcome


async def parked(writer: Writer) -> list[tuple[Document, DocumentIssued]]:
    """A document of an order of its own for each reason."""
    made = []
    for reason in DocumentReason:
        document = make_invoice(number=reason.value)
        event = await writer.event(document, pdf=None)
        event = event.model_copy(update={"order_id": f"order {reason.value}"})
        async with writer.db.sessions.of_all_tenants() as session:
            await record_outcome(
                session, event, Outcome(DocumentStatus.PARKED, reason=reason.value), state=None, payer=None
            )
        made.append((document, event))
    return made


async def stands(writer: Writer, made: list[tuple[Document, DocumentIssued]]) -> set[tuple[str, str | None]]:
    outcomes = [await writer.outcome(document) for document, _ in made]
    return {(outcome.status, outcome.reason) for outcome in outcomes}


async def test_every_reason_can_be_excluded_with_its_word(writer: Writer) -> None:
    made = await parked(writer)
    await writer.work(*[writer.exclude(event) for _, event in made])
    assert await stands(writer, made) == {("excluded", "excluded_by_person")}
    assert await writer.vouchers() == []


async def test_every_reason_can_be_closed_as_booked_by_hand(writer: Writer) -> None:
    made = await parked(writer)
    await writer.work(*[writer.resolve(event, "by_hand") for _, event in made])
    assert await stands(writer, made) == {("excluded", "booked_by_hand")}
    assert await writer.vouchers() == []
