"""What one resource of a simulated API brings; a simulator lists its resources and knows no more of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from sandbox.http import Handler
from sandbox.misbehaviour import Play

StatePart = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One path template with a handler for each method, and the scopes that a method asks for."""

    template: str
    handlers: Mapping[str, Handler]
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes_forms: bool = False  # its bodies are forms with files, where others are JSON
    is_open: bool = False  # nobody is asked for a token
    path: str | None = None  # where it is served, when that is not the template


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One path of the control API with a handler for each method."""

    path: str
    handlers: Mapping[str, Handler]


class Resource:
    """A resource serves routes; the rest is for those that have it."""

    plays: ClassVar[Mapping[str, Play]] = {}  # kinds of faults that only its requests can suffer

    def routes(self) -> Sequence[ApiRoute]:
        """Return what it serves."""
        return ()

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return what tests and people can do to it behind the API's back."""
        return ()

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return its parts of the control API's state by name, each made only when it is wanted."""
        return {}

    def resume(self) -> None:
        """Go on with what the end of the last process interrupted."""

    def forget(self) -> None:
        """Drop what is kept beside the store; part of a reset."""


def united(routes: Iterable[ApiRoute]) -> list[ApiRoute]:
    """Return one route for each path: resources may share one, each serving other methods of it."""
    by_path: dict[str, ApiRoute] = {}
    for route in routes:
        path = route.path or route.template
        other = by_path.get(path, route)
        if other is not route and other.handlers.keys() & route.handlers.keys():
            raise ValueError(f"two resources serve the same method of {path}")
        handlers, scopes = {**other.handlers, **route.handlers}, {**other.scopes, **route.scopes}
        by_path[path] = replace(other, handlers=handlers, scopes=scopes)
    return list(by_path.values())
