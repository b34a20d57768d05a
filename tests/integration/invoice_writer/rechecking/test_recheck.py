"""The re-check goes on whatever happens to the database for a moment."""

import asyncio

import pytest

from integration.invoice_writer.harness import Writer
from invoice_writer.rechecking import Rechecker


async def test_database_trouble_does_not_end_the_recheck(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, looks = asyncio.Event(), 0

    async def look(self: Rechecker) -> int:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ConnectionError("the database restarts")
        stop.set()
        return 0

    monkeypatch.setattr(Rechecker, "run_once", look)
    await asyncio.wait_for(Rechecker(writer.db, lambda: None, 0.01).run(stop), 5)
    assert looks == 2
