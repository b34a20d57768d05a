"""Vouchers that others made, a person's choice between them, and the alarms that follow."""

import asyncio
from typing import Any

from sqlalchemy import select

from common.db.models.effects import AlarmRow
from common.events.commands import ResolveDocument
from common.events.documents import DocumentIssued
from integration.invoice_writer.harness import Writer


async def by_hand(writer: Writer, number: str, gross: str = "49.90", **over: Any) -> str:
    """A voucher somebody else made, visible in the list."""
    values = {
        "organization_id": writer.organization["organization_id"],
        "type": "salesinvoice",
        "voucherNumber": number,
        "voucherDate": "2025-03-04",
        "totalGrossAmount": gross,
    }
    voucher_id: str = (await writer.lexware.control.post("vouchers", values | over))["id"]
    await asyncio.sleep(0.1)
    return voucher_id


def choice(writer: Writer, event: DocumentIssued, voucher_id: str) -> ResolveDocument:
    """A person says which voucher is the document's."""
    return writer.resolve(event, "adopt", voucher_id=voucher_id)


async def alarms(writer: Writer) -> list[AlarmRow]:
    """What a person has to look at."""
    async with writer.db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())
