"""A writer killed in the middle of a release loses none of it and books none of it twice."""

import os
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from common.db.models.books import OutcomeRow
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from factories.tenants import KEY
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.releases import in_order, minute_passes, park_many, release, waiting_marks
from support.eventually import eventually

TESTS = Path(__file__).resolve().parents[3]
COUNT, RATE = 60, 0.5  # portions of 27
KILLED_AT = (10, 35)  # documents booked


async def start(writer: Writer, database_url: str) -> Process:
    """A writer in a process of its own."""
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    where = (database_url, writer.lexware.base_url, KEY.get_secret_value(), str(RATE))
    return await create_subprocess_exec(
        sys.executable, "-m", "support.writing_process", *where, env={**os.environ, "PYTHONPATH": paths}
    )


async def has_booked(writer: Writer, count: int) -> bool:
    """Whether so many are booked; what else waits for its minute need not wait longer."""
    query = select(func.count()).where(OutcomeRow.status == "booked")
    async with writer.db.reading.of_all_tenants() as session:
        booked = await session.scalar(query) or 0
    await minute_passes(writer)
    return booked >= count


@pytest.mark.timeout(240)
async def test_killed_between_and_within_portions_everything_is_booked_once(
    writer: Writer, database_url: str
) -> None:
    await park_many(writer, COUNT)
    async with writer.db.sessions.of_all_tenants() as session:
        command = release(writer, released_by="settings", settings=("mode",))
        await accept(session, INVOICE_WRITER, [Incoming.of(command)])
    for reached in (*KILLED_AT, COUNT):
        process = await start(writer, database_url)
        try:
            await eventually(lambda so_many=reached: has_booked(writer, so_many), within=90)  # type: ignore[misc]
        finally:
            process.kill()
            await process.wait()
    assert await waiting_marks(writer) == 0
    numbers = Counter(voucher["voucherNumber"] for voucher in await writer.vouchers())
    assert numbers == Counter(in_order(COUNT))
