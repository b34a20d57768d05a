"""What our table of rates held up goes by itself once a release brings another table (R57)."""

from datetime import UTC, datetime

from sqlalchemy import update

from common.db.models.books import OutcomeRow
from common.domain.amounts import table_version
from common.domain.reasons import BY_RATE_TABLE
from factories.documents import euro, make_address, make_invoice, make_line, make_order
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.releases import in_line, look, numbers, park

OLDER = {"evidence": {"rate_table": "of an older release"}}


async def test_another_table_releases_what_it_may_judge_otherwise_once_r57(writer: Writer) -> None:
    await park(writer, *BY_RATE_TABLE, over=OLDER)
    await look(writer)
    await look(writer)
    assert await numbers(writer) == {reason.value for reason in BY_RATE_TABLE}
    assert len(await in_line(writer)) == len(BY_RATE_TABLE)


async def test_the_same_table_releases_nothing_r57(writer: Writer) -> None:
    await park(writer, *BY_RATE_TABLE)
    await look(writer)
    assert await numbers(writer) == set()


async def test_a_gap_says_that_it_is_ours_and_waits_for_the_next_table_r57(writer: Writer) -> None:
    organization = f"organizations/{writer.organization['organization_id']}"
    await writer.lexware.control.post(organization, {"distanceSalesPrinciple": "DESTINATION"})
    paris = make_address(country="FR", zip_code="75001", city="Paris")
    old = make_invoice(
        address=paris,
        gross_total=euro("120"),
        lines=(make_line("120", "20"),),
        issued_at=datetime(2020, 12, 31, 9, tzinfo=UTC),
    )
    await writer.work(await writer.event(old, make_order(billing_address=paris)))
    parked = await writer.outcome(old)
    assert (parked.status, parked.reason) == ("parked", "rate_table_gap")
    assert parked.evidence["rate_table"] == table_version()
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(evidence={"rate_table": "older"}))
    await writer.work()
    again = await writer.outcome(old)
    assert (again.reason, again.revision) == ("rate_table_gap", parked.revision + 1)
    assert again.evidence["rate_table"] == table_version()
