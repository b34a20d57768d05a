"""The leases a worker holds: kept alive while handlers run, given back when none began, then forgotten."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog

from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.inbox.claim import release, renew
from common.inbox.messages import RawMessage
from common.observability import metrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class LeasedMessage:
    """A message this worker has leased."""

    message: RawMessage
    token: UUID


class Leases:
    """What one worker has leased and not ended yet; `on_room` is called when that becomes less."""

    def __init__(
        self, db: Database, consumer: str, lease_seconds: float, on_room: Callable[[], None]
    ) -> None:
        self._db, self._consumer, self._lease_seconds = db, consumer, lease_seconds
        self._on_room = on_room
        self._held, self._lost = set[LeasedMessage](), set[LeasedMessage]()

    def __bool__(self) -> bool:
        return bool(self._held)

    def hold(self, message: RawMessage, token: UUID) -> LeasedMessage:
        """Look after the lease of a message that was claimed just now."""
        held = LeasedMessage(message, token)
        self._held.add(held)
        return held

    def is_held(self, held: LeasedMessage) -> bool:
        """Whether the message has not ended yet."""
        return held in self._held

    def is_lost(self, held: LeasedMessage) -> bool:
        """Whether another worker may have the message by now, so that it must not begin here."""
        return held in self._lost

    def forget(self, ended: Iterable[LeasedMessage]) -> None:
        """Look after these no more: what became of them is written, or somebody else's to write."""
        self._held.difference_update(ended)
        self._lost.difference_update(ended)
        self._on_room()

    async def keep_renewing(self) -> None:
        """Renew whatever is held three times per lease, until cancelled."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                for token, group in _by_token(self._held - self._lost).items():
                    await self._renew(token, group)
            except DATABASE_TROUBLE as error:
                log.warning("inbox.renew_failed", consumer=self._consumer, error=describe(error))

    async def give_back(self, unbegun: list[LeasedMessage]) -> None:
        """Release what no handler has begun, so that others need not wait for the lease to end."""
        try:
            for token, group in _by_token(unbegun).items():
                async with self._db.sessions.of_queues() as session:
                    await release(session, self._consumer, _keys(group), token)
        except DATABASE_TROUBLE as error:
            log.warning("inbox.release_failed", consumer=self._consumer, error=describe(error))
        self.forget(unbegun)

    async def _renew(self, token: UUID, group: list[LeasedMessage]) -> None:
        async with self._db.sessions.of_queues() as session:
            kept = await renew(session, self._consumer, _keys(group), token, self._lease_seconds)
        # What ended meanwhile is no longer held; what is still held and not kept belongs to another worker.
        lost = {held for held in group if held.message.ordering_key not in kept} & self._held
        self._lost |= lost
        metrics.INBOX_LOST_LEASES.labels(self._consumer).inc(len(lost))


def _by_token(held: Iterable[LeasedMessage]) -> dict[UUID, list[LeasedMessage]]:
    groups: dict[UUID, list[LeasedMessage]] = {}
    for one in held:
        groups.setdefault(one.token, []).append(one)
    return groups


def _keys(group: Iterable[LeasedMessage]) -> list[str]:
    return [held.message.ordering_key for held in group]
