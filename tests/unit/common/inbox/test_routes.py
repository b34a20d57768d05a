"""A handler receives the events it was registered for, and no other type's messages can be wired to it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from common.domain.stored_words import Lane
from common.events.base import Event
from common.events.commands import DocumentCommand, FetchOrder, FetchShop, RetryDocument
from common.inbox.messages import Done, Later, Message
from common.inbox.routes import handlers_by_type, on, on_try

TENANT, CONNECTION = UUID(int=1), UUID(int=2)


async def fetch_order(command: FetchOrder) -> Done:
    """Handle nothing."""
    return Done()


async def about_document(command: DocumentCommand) -> Done:
    """Handle nothing."""
    return Done()


def message(event: Event, *, attempts: int = 0) -> Message:
    """The event as a worker holds it."""
    return Message(0, event.event_id, event.type, TENANT, event.ordering_key, Lane.LIVE, attempts, event, {})


def shop_command() -> FetchShop:
    """A command about one shop."""
    ids: dict[str, Any] = {"connection_id": CONNECTION, "command_id": uuid4()}
    return FetchShop(tenant_id=TENANT, **ids)


def test_the_type_checker_refuses_a_command_wired_to_anothers_handler() -> None:
    on(FetchOrder, fetch_order)
    on(RetryDocument, about_document)  # takes every command about a document
    on(FetchShop, fetch_order)  # type: ignore[arg-type]  # mypy says when this line passes
    on(FetchOrder, about_document)  # type: ignore[arg-type]
    on_try(FetchOrder, fetch_order)  # type: ignore[arg-type]


async def test_a_handler_receives_the_event_itself() -> None:
    received: list[tuple[FetchShop, int]] = []

    async def plain(command: FetchShop) -> Done | Later:
        received.append((command, -1))
        return Done()

    async def counting(command: FetchShop, failed_tries: int) -> Done | Later:
        received.append((command, failed_tries))
        return Done()

    command = shop_command()
    assert await on(FetchShop, plain).handle(message(command)) == Done()
    assert await on_try(FetchShop, counting).handle(message(command, attempts=3)) == Done()
    assert received == [(command, -1), (command, 3)]


def test_two_handlers_of_one_type_are_refused() -> None:
    with pytest.raises(ValueError, match=FetchOrder.type):
        handlers_by_type([on(FetchOrder, fetch_order), on(FetchOrder, fetch_order)])
