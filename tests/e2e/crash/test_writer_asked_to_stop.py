"""A writer that is told to end brings to an end what it has begun and leaves the rest untouched."""

from signal import SIGTERM

import pytest

from e2e.crash.line import CrashLine
from support.crashing_roles import Fate

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

RESTARTS = 3
REACHED = 8  # bindings of a writer when it is told to end, by itself, so that no clock decides
DOCUMENTS = 150  # more than the writers bind by then and have begun besides, 32 each
CREATE, ATTACH = "POST /v1/vouchers", "POST /v1/vouchers/{id}/files"


async def test_busy_writer_drains_and_the_next_one_goes_on(line: CrashLine) -> None:
    await line.lexware.control.fault("POST", "/v1/vouchers", "slow", times=None, delay=15)
    await line.issue(DOCUMENTS)
    for _ in range(RESTARTS):
        await drained_while_busy(line)
    line.writer()
    await line.settled()
    await line.verify()
    assert await line.holdings.ways() == {"written": DOCUMENTS}
    requests = (await line.lexware.control.state(only=""))["requests"]
    assert (requests[CREATE], requests[ATTACH]) == (DOCUMENTS, DOCUMENTS)


async def drained_while_busy(line: CrashLine) -> None:
    """A writer works for a while, is told to end in the middle, and leaves nothing in doubt."""
    already = await line.holdings.booked()
    writer = line.writer(Fate("after_bind", REACHED, SIGTERM))
    assert await writer.ended(60) == 0
    assert writer.logged("runtime.draining")
    assert not writer.logged("runtime.cancelled")
    assert already + REACHED < await line.holdings.booked() < DOCUMENTS
    assert await line.holdings.open_attempts() == 0
    assert await line.holdings.leased_keys() == 0
