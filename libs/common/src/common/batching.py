"""Answers what many tasks ask at the same time in one go."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

AskT = TypeVar("AskT")
AnswerT = TypeVar("AnswerT")

LARGEST = 100


class Batched(Generic[AskT, AnswerT]):
    """What is asked while one batch is worked on makes up the next; nobody waits for a batch to fill.

    `work` gives one answer per question, in their order. When it fails for several, each is asked alone, so
    that one bad question spoils no other: `work` must leave nothing done when it raises, or find it done.
    """

    def __init__(
        self, work: Callable[[Sequence[AskT]], Awaitable[Sequence[AnswerT]]], *, largest: int = LARGEST
    ) -> None:
        self._work, self._largest = work, largest
        self._waiting: list[tuple[AskT, asyncio.Future[AnswerT]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, question: AskT) -> AnswerT:
        """Ask with the next batch. Returns the answer, or raises what `work` raised for it alone."""
        answer: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._running is None:
            # In a context of its own: a batch belongs to nobody in particular.
            self._running = asyncio.create_task(self._run(), name="batches", context=Context())
        return await answer

    async def _run(self) -> None:
        batch: list[tuple[AskT, asyncio.Future[AnswerT]]] = []
        try:
            await asyncio.sleep(0)  # whoever can ask already is part of the first batch
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                await self._answer([one for one in batch if not one[1].done()])
        finally:
            self._running = None
            for _, answer in (*batch, *self._waiting):  # only when the loop ends in the middle
                answer.cancel()

    async def _answer(self, batch: Sequence[tuple[AskT, asyncio.Future[AnswerT]]]) -> None:
        if not batch:
            return
        try:
            answers = await self._work([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            if len(batch) > 1:
                for one in batch:
                    await self._answer([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, answer), said in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(said)
