"""A writer that is told to end brings to an end what it has begun and leaves the rest untouched."""

import time
from signal import SIGTERM

import pytest

from e2e.crash.line import DOCUMENTS, DRAIN_SECONDS, Line

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

RESTARTS = 3
CREATE, ATTACH = "POST /v1/vouchers", "POST /v1/vouchers/{id}/files"


async def test_busy_writer_drains_and_the_next_one_goes_on(line: Line) -> None:
    await line.lexware.control.fault("POST", "/v1/vouchers", "slow", times=None, delay=15)
    await line.issue()
    for _ in range(RESTARTS):
        await drained_while_busy(line)
    line.writer()
    await line.settled()
    await line.verify()
    assert await line.holdings.ways() == {"written": DOCUMENTS}
    requests = (await line.lexware.control.state(only=""))["requests"]
    assert (requests[CREATE], requests[ATTACH]) == (DOCUMENTS, DOCUMENTS)


async def drained_while_busy(line: Line) -> None:
    """A writer works for a while, is told to end in the middle, and leaves nothing in doubt."""
    already, writer = await line.holdings.booked(), line.writer()

    async def is_busy() -> bool:
        return await line.holdings.booked() >= already + 8 and await line.holdings.open_attempts() > 0

    await line.until(is_busy)
    asked_at = time.monotonic()
    writer.send(SIGTERM)
    assert await writer.ended() == 0
    assert time.monotonic() - asked_at < DRAIN_SECONDS
    assert not writer.logged("runtime.cancelled")
    assert await line.holdings.booked() < DOCUMENTS
    assert await line.holdings.open_attempts() == 0
    assert await line.holdings.leased_keys() == 0
