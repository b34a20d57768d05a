"""Writes what became of a worker's messages: endings in batches, a dead letter by itself."""

import asyncio
from collections.abc import Callable

import structlog

from common.db.dialect import may_be_lost
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe, is_trouble
from common.inbox.dead_letters import OnDead, keep_dead_letter
from common.inbox.finish import Ending, finish
from common.inbox.handler_runner import DeadMessage, explain
from common.inbox.leases import LeasedMessage, Leases
from common.observability import metrics

log = structlog.get_logger()

TROUBLE_SECONDS = 1.0


class EndingWriter:
    """Tries until the database took it: a lease is let go only after its ending is written.

    `on_freed` is called when keys have more messages; `on_dead` acts in the transaction of a dead letter.
    """

    def __init__(
        self,
        db: Database,
        consumer: str,
        leases: Leases,
        on_freed: Callable[[], None],
        on_dead: OnDead | None,
    ) -> None:
        self._db, self._consumer, self._leases = db, consumer, leases
        self._on_freed, self._on_dead = on_freed, on_dead
        self._endings: asyncio.Queue[tuple[LeasedMessage, Ending] | None] = asyncio.Queue()

    def put(self, held: LeasedMessage, ending: Ending) -> None:
        """Have the ending written with the next batch."""
        self._endings.put_nowait((held, ending))

    def close(self) -> None:
        """Let `run` return when everything that was put has been written."""
        self._endings.put_nowait(None)

    async def run(self) -> None:
        """Write together what came in while the batch before was written, until closed."""
        more = True
        while more:
            batch = [await self._endings.get()]
            while not self._endings.empty():
                batch.append(self._endings.get_nowait())
            more = None not in batch
            await self._write([item for item in batch if item is not None])

    async def keep_dead(self, held: LeasedMessage, dead: DeadMessage) -> None:
        """Make the message a dead letter, at once: its key is held back until a person decides."""
        said = explain(dead.error)
        log.error("inbox.message_died", consumer=self._consumer, type=dead.raw.type, error=said)
        hook = self._on_dead
        while self._leases.is_held(held):
            try:
                async with self._db.sessions.of(dead.raw.tenant_id) as session:
                    kept = await keep_dead_letter(session, self._consumer, dead.raw, dead.token, said)
                    if kept and hook:
                        await hook(session, dead.message, dead.error)
                self._leases.forget([held])
            except Exception as error:
                if hook is None or is_trouble(error):
                    log.warning("inbox.bury_failed", consumer=self._consumer, error=describe(error))
                    await asyncio.sleep(TROUBLE_SECONDS)
                else:  # the letter matters more than what the service does about it
                    log.exception("inbox.on_dead_failed", consumer=self._consumer, error=explain(error))
                    hook = None
        metrics.INBOX_DEAD.labels(self._consumer, dead.raw.type).inc()

    async def _write(self, batch: list[tuple[LeasedMessage, Ending]]) -> None:
        written = not batch
        while not written:
            try:
                async with self._db.sessions.of_queues() as session:
                    await may_be_lost(session)
                    freed = await finish(session, self._consumer, [ending for _, ending in batch])
                written = True
                if freed:
                    self._on_freed()
            except DATABASE_TROUBLE as error:
                log.warning("inbox.finish_failed", consumer=self._consumer, error=describe(error))
                await asyncio.sleep(TROUBLE_SECONDS)
        self._leases.forget([held for held, _ in batch])
