"""The switches of a simulator that can be changed while it runs."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


class UnusableSwitch(Exception):
    """A switch has another name or another type than the one given."""


@dataclass
class Switches:
    """Base of a simulator's switches: a flat dataclass whose fields can be set by name while it runs."""

    body_timeout: float = 60.0  # S: a request body that is not complete by then is never carried out

    def merge(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches; none is set when one of them is unusable."""
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise UnusableSwitch(f"unknown switch {name!r}; known are {', '.join(sorted(known))}")
            if not _fits(known[name], value):
                raise UnusableSwitch(f"switch {name!r} takes a value like {known[name]!r}")
        for name, value in changes.items():
            setattr(self, name, float(value) if isinstance(known[name], float) else value)

    def copy(self) -> Self:
        """Return an independent copy."""
        return dataclasses.replace(self)

    def as_json(self) -> dict[str, Any]:
        """Return all switches by name."""
        return dataclasses.asdict(self)


def _fits(current: Any, value: Any) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, type(current))
