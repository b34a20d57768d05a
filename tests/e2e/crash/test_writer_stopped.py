"""A writer that stands still beyond lease and trust time does no harm when it goes on."""

from signal import SIGCONT, SIGSTOP, SIGTERM

import pytest

from e2e.crash.line import CrashLine
from support.crashing import Child
from support.crashing_roles import AT_GATE, Fate

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

DOCUMENTS = 40
REACHED = 6  # so often the first writer reaches the step before it stops


async def taken_over(line: CrashLine, first: Child) -> None:
    """A second writer does everything while the first stands still; then the first goes on and ends."""
    await first.has_stopped()
    line.writer()
    await line.settled()
    await line.trusted()
    first.send(SIGCONT)
    first.send(SIGTERM)
    assert await first.ended() == 0
    await line.verify()


@pytest.mark.parametrize("step", ["after_arm", AT_GATE])
async def test_gate_refuses_a_writer_that_was_stopped_before_the_last_byte(
    line: CrashLine, step: str
) -> None:
    await line.issue(DOCUMENTS)
    first = line.writer(Fate(step, REACHED, SIGSTOP))
    await taken_over(line, first)
    assert "http.withdrawn" in [entry["error"] for entry in first.logged("effect.unanswered")]
    assert (await line.holdings.attempts())["absent"] >= 1


async def test_half_a_request_is_given_up_before_its_last_byte_comes(line: CrashLine) -> None:
    """Between the gate and the last byte nothing can stop the writer; the server's patience ends first."""
    await line.issue(DOCUMENTS)
    first = line.writer(Fate("gate_last_byte", REACHED, SIGSTOP))
    await taken_over(line, first)
    assert first.logged("effect.unanswered")
    assert (await line.lexware.control.state(only=""))["incomplete"] >= 1
    assert (await line.holdings.attempts())["absent"] >= 1


async def test_answer_read_before_the_stop_binds_nothing_twice(line: CrashLine) -> None:
    await line.issue(DOCUMENTS)
    await taken_over(line, line.writer(Fate("before_bind", REACHED, SIGSTOP)))
    assert (await line.holdings.ways())["reconciled"] >= 1


async def test_answer_that_comes_during_the_stop_binds_nothing_twice(line: CrashLine) -> None:
    await line.lexware.control.fault("POST", "/v1/vouchers", "slow", delay=100, match='"R-004"')
    await line.issue(DOCUMENTS)
    first = line.writer()

    async def is_written() -> bool:
        return "R-004" in [voucher["voucherNumber"] for voucher in await line.holdings.vouchers()]

    await line.eventually(is_written)
    first.send(SIGSTOP)
    await taken_over(line, first)
    assert (await line.holdings.ways())["reconciled"] >= 1
