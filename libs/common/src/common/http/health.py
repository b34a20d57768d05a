"""What is known of an upstream beyond one call, told apart by what is called."""

from dataclasses import dataclass
from typing import Protocol

from common.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Call:
    """A request as error mapping sees it; a safe one may be sent twice."""

    method: str
    path: str
    safe: bool


class Health(Protocol):
    """Told of every call; may say that the upstream rests."""

    async def ask(self, call: Call) -> None:
        """Raise instead of calling an upstream that rests."""

    async def answered(self, call: Call) -> None:
        """Take note that the upstream itself answered such a call."""

    async def failed(self, call: Call, error: ConnectorError) -> None:
        """Take note that such a call ended with this error."""


class NoHealth:
    """Every call stands for itself."""

    async def ask(self, call: Call) -> None:
        """Always."""

    async def answered(self, call: Call) -> None:
        """Take note of nothing."""

    async def failed(self, call: Call, error: ConnectorError) -> None:
        """Take note of nothing."""
