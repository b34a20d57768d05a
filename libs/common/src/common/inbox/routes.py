"""Which handler works which messages: the type checker holds event and handler together.

A handler receives the event it was registered for, so that none narrows by hand; one wired to another
type's messages does not pass the type check.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from common.events.base import Event
from common.inbox.messages import Done, Handler, Later, Message

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Route:
    """The messages of one type and what works them; `on` makes it."""

    event_type: type[Event]
    handle: Handler


def on(event_type: type[E], handler: Callable[[E], Awaitable[Done | Later]]) -> Route:
    """Have the handler work every message of this type."""

    async def handle(message: Message) -> Done | Later:
        return await handler(_event_of(message, event_type))

    return Route(event_type, handle)


def on_try(event_type: type[E], handler: Callable[[E, int], Awaitable[Done | Later]]) -> Route:
    """As `on`, for a handler that also has to know how many tries failed before this one."""

    async def handle(message: Message) -> Done | Later:
        return await handler(_event_of(message, event_type), message.attempts)

    return Route(event_type, handle)


def handlers_by_type(routes: Iterable[Route]) -> dict[str, Handler]:
    """The handler of each message type by its wire name; raises `ValueError` when a type has two."""
    handlers: dict[str, Handler] = {}
    for route in routes:
        if route.event_type.type in handlers:
            raise ValueError(f"two handlers of {route.event_type.type}")
        handlers[route.event_type.type] = route.handle
    return handlers


def _event_of(message: Message, event_type: type[E]) -> E:
    """The event of a message that came by its route: the worker chose the route by the event's type."""
    assert isinstance(message.event, event_type)
    return message.event
