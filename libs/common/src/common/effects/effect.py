"""What one guarded external write consists of, and how it can end."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.stored_words import BoundHow
from common.effects.gate import Gate
from common.effects.numbered import Numbered
from common.errors import ConnectorError
from common.later import Later

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found: objects with our marker, of the same fact without it, and whether that is all.

    `elsewhere`: objects with the marker of another effect that stands for the same document.
    """

    complete: bool
    marked: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnBound(Generic[ItemT]):
    """What is written in the transaction of a binding: `write` does it for the items of many bindings."""

    write: Callable[[AsyncSession, Sequence[ItemT]], Awaitable[None]]
    item: ItemT


async def write_nothing(session: AsyncSession, items: Sequence[Any]) -> None:
    """Write nothing: nothing follows."""


NOTHING: OnBound[Any] = OnBound(write_nothing, None)


class Effect(Protocol):
    """One external write under the key of its business fact; safe to ensure any number of times."""

    @property
    def key(self) -> str:
        """The business fact as a string; the same for every try, in every process."""

    @property
    def tenant_id(self) -> UUID:
        """Whose fact it is."""

    @property
    def marker(self) -> str:
        """The text by which the written object is recognised."""

    @property
    def payload(self) -> bytes:
        """What is sent."""

    @property
    def decision(self) -> Mapping[str, Any]:
        """Why it is sent, for the record."""

    async def prepare(self) -> None:
        """Do what may wait or fail before anything is armed: credentials, a slot of the rate limit."""

    async def send(self, gate: Gate) -> str:
        """Send once and return the id of the object.

        `RequestNotExecuted` and `RefusedError` promise that it did not happen; all else leaves it open.
        """

    async def search(self) -> SearchResult:
        """Look for the object on the other side."""

    def on_bound(self, external_id: str, how: BoundHow) -> OnBound[Any]:
        """What follows from the binding and is written in the transaction that makes it."""


@runtime_checkable
class TellsParked(Protocol):
    """An effect that records its parking in the same transaction."""

    async def parked(self, session: AsyncSession, reason: str, evidence: Mapping[str, Any]) -> None:
        """Write what follows from the parking."""


@runtime_checkable
class HasNumber(Protocol):
    """An effect whose document another connection may bring too.

    `despite`: a person said to write it although the books hold the same document.
    """

    @property
    def numbered(self) -> Numbered:
        """The number in the books, and what tells the document from others that have it."""

    @property
    def despite(self) -> bool:
        """Whether the same document elsewhere stands in no way."""


class CrashPoints(Protocol):
    """Told at every step of an effect; tests end or stop the process there."""

    def reach(self, step: str) -> None:
        """The effect is at this step now."""


class NoCrashPoints:
    """Nobody watches."""

    def reach(self, step: str) -> None:
        """Go on."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Exactly this external object stands for the fact."""

    external_id: str
    how: BoundHow


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side surely did not do it and will not by itself."""

    error: ConnectorError


@dataclass(frozen=True, slots=True)
class Parked:
    """A person has to look; `params` holds the ids in question."""

    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)


EffectResult: TypeAlias = Bound | Later | Refused | Parked
