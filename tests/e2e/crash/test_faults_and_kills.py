"""Lost answers, late commits and lost requests, while writers are killed at any moment."""

from random import Random
from signal import SIGKILL
from typing import Any

import pytest

from e2e.crash.line import DOCUMENTS, MERCHANTS, CrashLine

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

FAULTS = 40
KILLS = 6
VOUCHERS, FILES = "/v1/vouchers", "/v1/vouchers/{id}/files"
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("timeout_after_commit", {}),
    ("drop_after_commit", {}),
    ("late_commit", {"delay": 20}),
    ("late_commit", {"delay": 85, "answer": "drop"}),
    ("drop_before_commit", {}),
    ("truncated_answer", {}),
)


async def test_each_document_is_in_the_books_once_under_faults_and_kills(line: CrashLine) -> None:
    chance = Random(20250304)
    await misbehave(line, chance)
    await line.issue()
    writers = [line.writer(), line.writer()]
    for number in range(KILLS):
        await some_booked(line, 5 + 12 * number)
        victim = writers.pop(chance.randrange(len(writers)))
        victim.send(SIGKILL)
        assert await victim.ended() == -SIGKILL
        writers.append(line.writer())
    await line.settled()
    await line.trusted()
    await line.verify()
    assert (await line.holdings.ways())["reconciled"] >= FAULTS // 4
    assert (await line.holdings.attempts())["absent"] >= 1


async def misbehave(line: CrashLine, chance: Random) -> None:
    """Faults for writes of vouchers chosen at random, for some uploads and for some looks."""
    numbers = [f"R-{number:03}" for number in range(1, DOCUMENTS // MERCHANTS * 3 // 4)]
    for turn in range(FAULTS):
        kind, params = KINDS[turn % len(KINDS)]
        await line.lexware.control.fault(
            "POST", VOUCHERS, kind, match=f'"{chance.choice(numbers)}"', **params
        )
    for kind, params in KINDS:
        await line.lexware.control.fault("POST", FILES, kind, match=chance.choice(numbers), **params)
    await line.lexware.control.fault("GET", "/v1/voucherlist", "filter_ignored", times=12)
    await line.lexware.control.fault("GET", "/v1/vouchers/{id}", "not_found_lag", times=5)


async def some_booked(line: CrashLine, count: int) -> None:
    """Return as soon as so many documents are booked."""

    async def are_booked() -> bool:
        return await line.holdings.booked() >= count

    await line.eventually(are_booked)
