"""Whether this process can write to its database, and whether its keys open what is stored there."""

import time
from collections.abc import Callable

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.line import WriteProbeRow
from common.db.secrets import Secrets, sealed_by_key
from common.domain.alarms import AlarmKind
from common.observability.health import Check, NotReady

PROBES = table(WriteProbeRow)
LOOK_SECONDS = 30.0
UNREADABLE = AlarmKind.SECRETS_UNREADABLE


class WriteProbe:
    """A row of this service that is written at each question: reading tells nothing about a full disk."""

    def __init__(self, db: Database, service: str) -> None:
        self._db, self._service = db, service

    async def check(self) -> None:
        """Write the row; raises what the database raises."""
        async with self._db.sessions.of_nobody() as session:
            row = insert(session, PROBES).values(service=self._service, written_at=db_now())
            touched = row.on_conflict_do_update(index_elements=["service"], set_={"written_at": db_now()})
            await session.execute(touched)


class KeyCheck:
    """Compares the keys of this process with those that stored secrets were sealed with."""

    def __init__(
        self, db: Database, secrets: Secrets, service: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db, self._secrets, self._service, self._clock = db, secrets, service, clock
        self._looked_at: float | None = None
        self._opens_nothing: str | None = None

    async def check(self) -> None:
        """Raise `NotReady` when secrets are stored and none of them opens; look twice a minute at most."""
        if self._looked_at is None or self._clock() - self._looked_at >= LOOK_SECONDS:
            await self._look()
            self._looked_at = self._clock()
        if self._opens_nothing:
            raise NotReady(self._opens_nothing)

    async def _look(self) -> None:
        async with self._db.reading.of_queues() as session:
            counts = await sealed_by_key(session)
        known, missing = self._secrets.share_out(counts)
        self._opens_nothing = None
        if missing and not known:
            self._opens_nothing = (
                f"no key of this process opens any of {sum(missing.values())} stored secrets"
            )
        async with self._db.sessions.of_nobody() as session:
            if missing and known:
                alarm = Alarm(UNREADABLE, self._service, {"secrets_by_key": missing})
                await raise_alarm(session, alarm)
            else:
                await close_alarms(session, UNREADABLE, self._service)


def needs_of(db: Database, service: str, secrets: Secrets | None = None) -> dict[str, Check]:
    """What a service cannot do any of its work without: writing, and keys that open if it uses any."""
    needs: dict[str, Check] = {"database": WriteProbe(db, service).check}
    return needs | ({"keys": KeyCheck(db, secrets, service).check} if secrets else {})
