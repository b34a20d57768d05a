"""What is known about the tries of a write, and the steps that must be atomic."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm
from common.domain.alarms import AlarmKind
from common.domain.stored_words import AttemptState
from common.effects.effect import Bound, Effect, HasNumber, OnBound
from common.effects.numbered import Elsewhere, Numbered
from common.effects.searches import Search
from common.errors import ConnectorError

UNRESOLVED = (AttemptState.OPEN, AttemptState.PARKED)

InTransaction = Callable[[AsyncSession], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that may have had an effect."""

    attempt_id: UUID
    number: int
    state: AttemptState
    armed_at: datetime
    searches: tuple[Search, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectState:
    """Where an effect stands; `now` was read with it, by the database's clock."""

    now: datetime | None = None
    bound: Bound | None = None
    unresolved: Attempt | None = None
    last_number: int = 0
    absent: int = 0
    accepted: frozenset[str] = frozenset()  # unmarked objects a person said are not ours
    despite: bool = False  # a person wants it written though another effect stands for the document


@dataclass(frozen=True, slots=True)
class ArmRequest:
    """What is written down before anything is sent.

    `numbered` is looked for among all other effects; `despite` says that a person wants it written all the
    same.
    """

    key: str
    tenant_id: UUID
    marker: str
    payload: bytes
    decision: Mapping[str, Any] = field(default_factory=dict)
    numbered: Numbered | None = None
    despite: bool = False

    @classmethod
    def of(cls, effect: Effect) -> "ArmRequest":
        """The request of this effect."""
        bare = cls(effect.key, effect.tenant_id, effect.marker, effect.payload, effect.decision)
        if not isinstance(effect, HasNumber):
            return bare
        return replace(bare, numbered=effect.numbered, despite=effect.despite)


class AttemptStore(Protocol):
    """The steps of the protocol that must be atomic."""

    async def read(self, key: str, tenant_id: UUID) -> EffectState:
        """Read where the effect stands."""

    async def arm(self, request: ArmRequest, last_number: int) -> Attempt | Elsewhere | None:
        """Open a new attempt. Returns None when something is bound or unresolved, or the number moved on.

        Where another effect of any tenant stands for the same document nothing is armed: returns that effect.
        """

    async def close(
        self,
        attempt_id: UUID,
        state: AttemptState,
        searches: Sequence[Search] = (),
        answer: Mapping[str, Any] | None = None,
    ) -> bool:
        """Close an attempt that surely had no effect. Returns False when it was resolved before.

        A parked one counts as resolved, unless it is found absent.
        """

    async def excuse(self, attempt_id: UUID, answer: Mapping[str, Any]) -> None:
        """Excuse an open attempt that met weather which meets all: found absent, it is not counted."""

    async def record_search(self, attempt_id: UUID, searches: Sequence[Search]) -> None:
        """Keep what was seen."""

    async def park(
        self,
        tenant_id: UUID,
        attempt_id: UUID,
        searches: Sequence[Search],
        alarm: Alarm | None,
        then: InTransaction,
    ) -> bool:
        """Leave the tenant's unresolved attempt to a person. Returns False when it is resolved already."""

    async def bind(
        self,
        request: ArmRequest,
        attempt: Attempt,
        bound: Bound,
        states: Sequence[AttemptState],
        on_bound: OnBound[Any],
    ) -> bool:
        """Make the object stand for the fact. Returns False when the attempt is in none of the states now."""

    async def adopt(
        self, request: ArmRequest, last_number: int, bound: Bound, on_bound: OnBound[Any]
    ) -> bool | Elsewhere:
        """Bind an object we did not write. Same conditions as `arm`."""

    async def record_late_answer(
        self, request: ArmRequest, attempt: Attempt, external_id: str
    ) -> Bound | None:
        """Keep the id that came for an attempt which is resolved already. Returns what is bound.

        The books may hold two objects for one fact now: an id other than the bound one raises the alarm.

        While nothing is bound the attempt counts as unresolved again, and has to be looked for anew.
        """

    async def give_up(self, key: str, older_than: float) -> bool:
        """Give up what is in doubt: a person said that nothing of ours is there.

        Returns False while an attempt younger than that is open.
        """

    async def is_known(self, key: str) -> bool:
        """Look whether anything was ever tried or bound under the key."""


def answer_of(error: ConnectorError) -> dict[str, Any]:
    """What is kept of the answer that a write got, or of its missing."""
    return {"code": error.code, "said": error.told}


def duplicate_alarm(request: ArmRequest, evidence: Mapping[str, Any]) -> Alarm:
    """The alarm that the books may hold the fact twice."""
    return Alarm(AlarmKind.DUPLICATE, request.key, dict(evidence), request.tenant_id)


def payload_hash(payload: bytes) -> str:
    """SHA-256 of what is sent, in hex."""
    return hashlib.sha256(payload).hexdigest()
