"""R31: the turnover of a small business is summed from its documents, and its limits raise an alarm once."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from common.db.engine import Database
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.db.models.ingest import DocumentRow
from common.db.turnover import read_warnings, this_year
from common.domain.money import Money
from common.domain.profile import SellerProfile
from common.domain.turnover import Turnover
from factories.tenants import add_books, add_tenant
from invoice_writer.rechecking import Rechecker
from invoice_writer.rechecking.turnover import LOOK_SECONDS, TurnoverWatch

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
YEAR = 2026


@dataclass
class Seller:
    """A merchant with books and documents that stand as a test wants them."""

    db: Database
    tenant_id: UUID
    books_id: UUID

    @classmethod
    async def make(cls, db: Database, *, small_business: bool = True) -> "Seller":
        """A merchant whose stored profile says this."""
        tenant_id, organization_id = await add_tenant(db), str(uuid4())
        books_id = await add_books(db, tenant_id, organization_id=organization_id, api_key="key")
        profile = SellerProfile(organization_id=organization_id, small_business=small_business)
        row = {"tenant_id": tenant_id, "connection_id": books_id, "categories": [], "fetched_at": NOW}
        async with db.sessions.of_all_tenants() as session:
            await session.execute(
                insert(BooksProfileRow), [{**row, "profile": profile.model_dump(mode="json")}]
            )
        return cls(db, tenant_id, books_id)

    async def issued(self, gross: str, on: date = date(YEAR, 2, 1), **more: Any) -> UUID:
        """A document with its outcome, booked unless `more` says otherwise."""
        row = {
            "document_id": uuid4(),
            "tenant_id": self.tenant_id,
            "connection_id": self.books_id,
            "order_id": "1",
            "type": "invoice",
            "number": "R-1",
            "issued_on": on,
            "gross_minor": Money.of(gross).minor,
            "status": "booked",
            "file_status": "attached",
            "first_seen_at": NOW,
            "changed_at": NOW,
        }
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(insert(OutcomeRow), [row | more])
        return UUID(str(row["document_id"]))

    async def codes(self, year: int = YEAR) -> list[str]:
        """What the merchant has to know in that year."""
        async with self.db.reading.of_all_tenants() as session:
            found = await read_warnings(session, year, self.tenant_id)
        return [one.warning.code.value for one in found]

    async def turnover(self) -> Turnover:
        """The turnover that the first warning names."""
        async with self.db.reading.of_all_tenants() as session:
            return (await read_warnings(session, YEAR, self.tenant_id))[0].warning.turnover

    async def alarms(self) -> list[AlarmRow]:
        """The merchant's alarms."""
        query = select(AlarmRow).where(AlarmRow.tenant_id == self.tenant_id).order_by(AlarmRow.subject)
        async with self.db.reading.of_all_tenants() as session:
            return list((await session.scalars(query)).all())


@pytest.fixture
async def seller(database: Database) -> Seller:
    """A small business on either database."""
    return await Seller.make(database)


async def test_r31_invoices_count_and_corrections_are_taken_off(seller: Seller) -> None:
    await seller.issued("25000.01")
    assert await seller.codes() == ["lower_limit_exceeded"]
    await seller.issued("-0.01", type="credit_note")
    assert await seller.codes() == ["lower_limit_near"]
    await seller.issued("2500.01", type="credit_note")
    assert await seller.codes() == []


async def test_r31_a_document_belongs_to_the_year_it_was_issued_in(seller: Seller) -> None:
    await seller.issued("25000.00", date(YEAR - 1, 12, 31))
    await seller.issued("22499.99", date(YEAR, 1, 1))
    assert await seller.codes() == []
    assert await seller.codes(YEAR - 1) == ["lower_limit_near"]
    await seller.issued("0.01", date(YEAR - 1, 1, 1))
    assert await seller.codes() == ["previous_year_exceeded"]
    await seller.issued("0.01", date(YEAR, 12, 31))
    assert await seller.codes() == ["previous_year_exceeded", "lower_limit_near"]
    assert await seller.codes(YEAR - 1) == ["lower_limit_exceeded"]
    assert await seller.codes(YEAR + 2) == []


async def test_r31_adopted_and_hand_booked_documents_count_others_are_told(seller: Seller) -> None:
    await seller.issued("20000.00", how="adopted")
    await seller.issued("2600.00", status="excluded", reason="booked_by_hand")
    await seller.issued("100.00", status="excluded", reason="booked_by_hand", type="credit_note")
    await seller.issued("700.00", status="parked", reason="category_missing")
    await seller.issued("50.00", status="waiting", reason="original_waiting", type="credit_note")
    assert await seller.turnover() == Turnover(YEAR, Money.of("22500.00"), 3, Money.of("650.00"), 2, 0)


@pytest.mark.parametrize("rule", ["before_start_date", "payment_method"])
async def test_r31_what_is_booked_by_other_means_is_turnover_too(seller: Seller, rule: str) -> None:
    await seller.issued("22400.00", date(YEAR, 1, 2), status="excluded", reason=rule)
    await seller.issued("200.00", status="excluded", reason="original_excluded", type="credit_note")
    await seller.issued("0.00", status="excluded", reason="zero_total")
    await seller.issued("300.00")
    assert await seller.turnover() == Turnover(YEAR, Money.of("22500.00"), 4)


async def test_r31_vat_shown_before_the_seller_became_small_is_no_turnover(seller: Seller) -> None:
    last_year = date(YEAR - 1, 6, 1)
    await seller.issued("29750.00", last_year, decision=decided(tax="4750.00"))
    await seller.issued("119.00", last_year, type="credit_note", decision=decided(tax="19.00"))
    await seller.issued("100.00", last_year, decision=decided(tax="0.00"))
    assert await seller.codes() == []
    await seller.issued("0.01", last_year, decision=None)
    assert await seller.codes() == ["previous_year_exceeded"]


async def test_r31_an_invoice_below_zero_takes_off(seller: Seller) -> None:
    await seller.issued("22600.00")
    await seller.issued("-119.01", decision=decided(tax="19.00"))
    assert await seller.codes() == []
    await seller.issued("0.01")
    assert await seller.codes() == ["lower_limit_near"]


async def test_r31_documents_in_another_currency_are_told_not_added(seller: Seller) -> None:
    await seller.issued("22500.00")
    foreign = await seller.issued("9000.00", status="excluded", reason="booked_by_hand")
    columns = {
        "document_id": foreign,
        "tenant_id": seller.tenant_id,
        "connection_id": seller.books_id,
        "order_id": "1",
        "order_number": "1",
        "type": "invoice",
        "number": "R-1",
        "issued_on": date(YEAR, 2, 1),
        "gross_minor": 9_000_00,
        "currency": "CHF",
        "content_hash": "x",
        "lane": "live",
        "file_state": "pending",
        "seen_at": NOW,
        "created_at": NOW,
    }
    async with seller.db.sessions.of_all_tenants() as session:
        await session.execute(insert(DocumentRow), [columns])
    assert await seller.turnover() == Turnover(YEAR, Money.of("22500.00"), 1, other_currency=1)


async def test_r31_only_small_businesses_are_warned_each_about_its_own(database: Database) -> None:
    small, other, large = [
        await Seller.make(database, small_business=is_small) for is_small in (True, True, False)
    ]
    for seller in (small, large):
        await seller.issued("26000.00")
    async with database.reading.of_all_tenants() as session:
        found = await read_warnings(session, YEAR, None)
    assert [one.tenant_id for one in found] == [small.tenant_id]
    assert (await other.codes(), await large.codes()) == ([], [])


async def test_r31_books_no_longer_in_use_say_nothing(seller: Seller) -> None:
    await seller.issued("26000.00")
    async with seller.db.sessions.of_all_tenants() as session:
        await session.execute(update(ConnectionRow).values(state="disabled"))
    assert await seller.codes() == []


async def test_r31_the_alarm_is_raised_once_with_its_evidence(seller: Seller) -> None:
    await issued_this_year(seller, "22500.00")
    await TurnoverWatch(seller.db).run_once()
    (first,) = await seller.alarms()
    await issued_this_year(seller, "1.00")
    await TurnoverWatch(seller.db).run_once()
    (alarm,) = await seller.alarms()
    year = await current_year(seller)
    assert (alarm.alarm_id, alarm.kind) == (first.alarm_id, "small_business_turnover")
    assert (alarm.subject, alarm.closed_at) == (f"lower_limit_near:{year}", None)
    assert alarm.evidence == {
        "limit": "25000.00",
        "net_turnover": "22500.00",
        "documents": 1,
        "open_documents": 0,
        "open_gross": "0.00",
        "other_currency": 0,
    }


async def test_r31_the_alarm_closes_when_the_turnover_is_below_the_limit_again(seller: Seller) -> None:
    await issued_this_year(seller, "22500.00")
    await TurnoverWatch(seller.db).run_once()
    async with seller.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(gross_minor=100))
    await TurnoverWatch(seller.db).run_once()
    (alarm,) = await seller.alarms()
    assert alarm.closed_at is not None


async def test_r31_each_limit_has_an_alarm_of_its_own(seller: Seller) -> None:
    await issued_this_year(seller, "22500.00")
    await TurnoverWatch(seller.db).run_once()
    await issued_this_year(seller, "80000.00")
    await seller.issued("25000.01", date(await current_year(seller) - 1, 12, 31))
    await TurnoverWatch(seller.db).run_once()
    subjects = [alarm.subject.partition(":")[0] for alarm in await seller.alarms()]
    assert subjects == [
        "lower_limit_exceeded",
        "lower_limit_near",
        "previous_year_exceeded",
        "upper_limit_exceeded",
    ]


async def test_two_processes_that_look_at_once_raise_one_alarm(seller: Seller) -> None:
    await issued_this_year(seller, "25000.01")
    await asyncio.gather(*(TurnoverWatch(seller.db).run_once() for _ in range(4)))
    assert len(await seller.alarms()) == 1


async def test_a_process_looks_again_after_an_hour_only(seller: Seller) -> None:
    moment = [0.0]
    watch = TurnoverWatch(seller.db, lambda: moment[0])
    await watch.run_once()
    await issued_this_year(seller, "25000.01")
    moment[0] = LOOK_SECONDS - 1
    await watch.run_once()
    assert await seller.alarms() == []
    moment[0] = LOOK_SECONDS
    await watch.run_once()
    assert len(await seller.alarms()) == 1


async def test_the_recheck_of_the_writer_looks(seller: Seller) -> None:
    await issued_this_year(seller, "25000.01")
    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(Rechecker(seller.db, lambda: None, 0.05).run(stop))
        while not await seller.alarms():
            await asyncio.sleep(0.05)
        stop.set()


async def issued_this_year(seller: Seller, gross: str) -> None:
    """A booked invoice of the year that the database's clock says."""
    await seller.issued(gross, date(await current_year(seller), 1, 1))


async def current_year(seller: Seller) -> int:
    """The year in Germany."""
    async with seller.db.reading.of_all_tenants() as session:
        return await this_year(session)


def decided(*, tax: str) -> dict[str, Any]:
    """As much of a stored decision as the sum reads."""
    return {"tax_total": {"minor": Money.of(tax).minor, "currency": "EUR"}}
