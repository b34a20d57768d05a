"""Faults to come: which requests will be treated badly, in what way and how often."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

SECONDS = frozenset({"delay", "reset_seconds"})
LONGEST = 86_400
EVER = -1  # `times` of a fault that stays until it is cleared


class UnknownFaultKind(Exception):
    """The simulator does not know this kind of fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to treat requests badly; `path` is a template, a concrete path or a prefix ending in `*`."""

    method: str
    path: str
    kind: str
    times: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, method: str, paths: Collection[str], body: bytes, query: bytes = b"") -> bool:
        """Tell whether a request with this method, one of these paths, this raw body and query is meant."""
        if self.method not in ("*", method) or not any(self._covers(path) for path in paths):
            return False
        wanted = (("match", body), ("query", query))
        return all(str(self.params.get(name, "")).encode() in given for name, given in wanted)

    def _covers(self, path: str) -> bool:
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path

    def as_json(self, remaining: int) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        times = None if remaining == EVER else remaining
        return {"method": self.method, "path": self.path, "kind": self.kind, "times": times, **self.params}


class Faults:
    """The faults of one simulator, oldest first; used by its event loop only."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, fault: Fault) -> None:
        """Make the next `times` matching requests suffer this fault."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Forget all faults."""
        self._waiting.clear()

    def take(
        self,
        method: str,
        path: str,
        kinds: Collection[str] | None = None,
        *,
        template: str | None = None,
        body: bytes = b"",
        query: bytes = b"",
    ) -> Fault | None:
        """Return the oldest fault meant for this request, used up once, or None."""
        if not self._waiting:
            return None
        paths = (path,) if template is None else (path, template)
        for index, (fault, remaining) in enumerate(self._waiting):
            if (kinds is None or fault.kind in kinds) and fault.matches(method, paths, body, query):
                self._use_up(index, fault, remaining)
                return fault
        return None

    def _use_up(self, index: int, fault: Fault, remaining: int) -> None:
        if remaining == 1:
            del self._waiting[index]
        elif remaining != EVER:
            self._waiting[index] = (fault, remaining - 1)

    def as_json(self) -> list[dict[str, Any]]:
        """Return all faults still to come."""
        return [fault.as_json(remaining) for fault, remaining in self._waiting]


def fault_from_json(document: object, kinds: Collection[str]) -> Fault:
    """Return the fault a control request asks for; raise when its kind is unknown or a field is unusable."""
    if not isinstance(document, Mapping):
        raise ValueError("a fault must be a JSON object")
    fields = dict(document)
    kind, path = fields.pop("kind", None), fields.pop("path", "*")
    method, times = fields.pop("method", "*"), fields.pop("times", 1)
    if kind not in kinds:
        raise UnknownFaultKind(str(kind))
    if not isinstance(path, str) or not isinstance(method, str):
        raise ValueError("`path` and `method` must be text")
    if times is None:
        times = EVER
    elif not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise ValueError("`times` must be a whole number of at least 1, or null for ever")
    _check(fields)
    return Fault(method.upper(), path, str(kind), times, fields)


def _check(params: Mapping[str, Any]) -> None:
    """What does not fit is refused now, not when the fault is played."""
    for name in SECONDS & params.keys():
        if type(params[name]) not in (int, float) or not 0 <= params[name] <= LONGEST:
            raise ValueError(f"`{name}` must be a number of seconds up to {LONGEST}")
    status = params.get("status", 200)
    if type(status) is not int or not 200 <= status <= 599:
        raise ValueError("`status` must be an HTTP status from 200 to 599")
