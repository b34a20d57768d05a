"""Questions of many tasks are answered in one go, and none spoils another."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from common.batching import Batched


class Divider:
    """Divides a hundred; it is slow, and fails as a whole when one question is bad."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def work(self, questions: Sequence[int]) -> list[float]:
        self.batches.append(list(questions))
        await asyncio.sleep(0.001)
        return [100 / question for question in questions]


async def test_what_is_asked_meanwhile_is_answered_together_afterwards() -> None:
    divider = Divider()
    batched: Batched[int, float] = Batched(divider.work, largest=3)

    async def ask_late(question: int) -> float:
        while not divider.batches:
            await asyncio.sleep(0)
        return await batched.ask(question)

    answers = await asyncio.gather(batched.ask(1), batched.ask(2), *(ask_late(n) for n in (4, 5, 10, 20)))
    assert answers == [100, 50, 25, 20, 10, 5]
    assert divider.batches == [[1, 2], [4, 5, 10], [20]]
    assert await batched.ask(50) == 2


async def test_a_bad_question_fails_alone() -> None:
    divider = Divider()
    batched: Batched[int, float] = Batched(divider.work)
    answers = await asyncio.gather(*(batched.ask(n) for n in (1, 0, 2)), return_exceptions=True)
    assert answers[::2] == [100, 50]
    assert isinstance(answers[1], ZeroDivisionError)
    assert divider.batches == [[1, 0, 2], [1], [0], [2]]


async def test_who_gave_up_before_its_batch_began_is_not_asked_for() -> None:
    divider = Divider()
    batched: Batched[int, float] = Batched(divider.work)
    first = asyncio.create_task(batched.ask(1))
    while not divider.batches:
        await asyncio.sleep(0)
    patient, hasty = asyncio.create_task(batched.ask(2)), asyncio.create_task(batched.ask(4))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await first, await patient) == (100, 50)
    assert divider.batches == [[1], [2]]
    with pytest.raises(asyncio.CancelledError):
        await hasty


async def test_a_batch_is_nobodys_in_particular() -> None:
    """Else what is logged while it is worked on would name the tenant of whoever asked first."""
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")

    async def whose(questions: Sequence[int]) -> list[str]:
        return [tenant.get() for _ in questions]

    tenant.set("the first one")
    assert await Batched(whose).ask(1) == "nobody"
