"""VAT shown to a holder of a foreign VAT id: the answer decides, and one that comes late is told (R52)."""

from typing import Any

import pytest
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow
from common.domain.documents import Document
from common.domain.merchant import OSS_CATEGORY
from factories.documents import euro, make_address, make_credit_note, make_invoice, make_line
from factories.tenants import save_settings
from integration.invoice_writer.checking import AUSTRIAN, PENDING, Checking

UNKNOWN_ID = "ATU00000024"


def shown(vat_id: str = AUSTRIAN, make: Any = make_invoice, **over: Any) -> Document:
    """An invoice over 120.00 with Austrian VAT to the holder of this id."""
    buyer = make_address(company="Handel", vat_id=vat_id, country="AT", zip_code="1010", city="Wien")
    lines = (make_line("120.00", "20"),)
    document: Document = make(address=buyer, gross_total=euro("120.00"), lines=lines, **over)
    return document


async def in_oss(checking: Checking) -> None:
    """The books say that distance sales are taxed where they go."""
    organization = checking.writer.organization["organization_id"]
    await checking.writer.lexware.control.post(
        f"organizations/{organization}", {"distanceSalesPrinciple": "DESTINATION"}
    )


async def alarms(checking: Checking) -> list[dict[str, Any]]:
    query = select(AlarmRow.evidence).where(AlarmRow.kind == "vat_id_valid_after_booking")
    async with checking.db.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())


async def test_a_valid_id_parks_what_shows_tax_r39(checking: Checking) -> None:
    await in_oss(checking)
    document = shown()
    await checking.work(document)
    assert await checking.stands(document) == ("waiting", PENDING)
    await checking.ask()
    await checking.work()
    assert await checking.stands(document) == ("parked", "tax_shown_to_company")
    assert await alarms(checking) == []


async def test_an_invalid_id_books_as_shown_and_its_correction_with_it_r52(checking: Checking) -> None:
    await in_oss(checking)
    document = shown(UNKNOWN_ID)
    await checking.work(document)
    await checking.ask()
    await checking.work()
    booked = await checking.writer.outcome(document)
    assert (booked.status, booked.evidence["vat_check"]["result"]) == ("booked", "invalid")
    correction = shown(UNKNOWN_ID, make_credit_note, number="K-1")
    asked = len(await checking.questions())
    await checking.work(correction)
    assert (await checking.writer.outcome(correction)).status == "booked"
    assert len(await checking.questions()) == asked
    vouchers = await checking.writer.vouchers()
    assert {item["categoryId"] for voucher in vouchers for item in voucher["voucherItems"]} == {OSS_CATEGORY}


@pytest.mark.parametrize("vat_id", [AUSTRIAN, UNKNOWN_ID])
async def test_without_an_answer_in_time_it_books_and_a_late_valid_is_told_once_r52(
    checking: Checking, vat_id: str
) -> None:
    await in_oss(checking)
    await save_settings(checking.db, checking.writer.tenant_id, 2, vat_check_wait_hours=2)
    document = shown(vat_id)
    await checking.work(document)
    async with checking.db.sessions.of_all_tenants() as session:
        past = {"first_seen_at": db_now(-7201.0), "waits_until": db_now(-1.0)}
        await session.execute(update(OutcomeRow).values(**past))
    await checking.work()
    booked = await checking.writer.outcome(document)
    assert booked.status == "booked" and "vat_id.not_checked_tax_as_shown" in booked.rules
    assert await checking.ask() == 1
    told = await alarms(checking)
    assert [one["vat_id"] for one in told] == ([AUSTRIAN] if vat_id == AUSTRIAN else [])
    assert ("vat_id_valid_after_booking" in await checking.writer.story(document)) is bool(told)
    assert (await checking.writer.outcome(document)).status == "booked"
