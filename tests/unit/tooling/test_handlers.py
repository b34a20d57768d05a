"""Every message that a service is sent has a handler there: without one it would end as ignored."""

import ast
from collections.abc import Iterator
from pathlib import Path

from common.events import commands
from common.events.registry import EVENT_CLASSES

SERVICES = Path(__file__).parents[3] / "services"
OF_DEAD_LETTERS = {*commands.REPLAY.values(), *commands.DISCARD.values()}  # every worker has the same two


def handled_in(service: str) -> set[str]:
    """The events for which a service has a route, by their class names."""
    return {
        name
        for path in (SERVICES / service / "src").rglob("*.py")
        for name in routed(path.read_text("utf-8"))
    }


def routed(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("on", "on_try")
        ):
            yield ast.unparse(node.args[0])


def test_every_event_is_handled_by_each_reader_of_its_topic() -> None:
    sent = {(event, reader) for event in EVENT_CLASSES for reader in event.topic.readers}
    assert len(sent) > 20
    handled = {reader: handled_in(reader) for _, reader in sent}
    unhandled = {
        (event.__name__, reader)
        for event, reader in sent
        if event not in OF_DEAD_LETTERS and event.__name__ not in handled[reader]
    }
    assert unhandled == set()


def test_the_look_for_routes_finds_them() -> None:
    assert [*routed("def routes():\n    return (on(A, self.a), on_try(B, self.b), other(C, self.c))")] == [
        "A",
        "B",
    ]
