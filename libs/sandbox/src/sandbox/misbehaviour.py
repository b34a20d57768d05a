"""How a simulator plays each kind of fault around an otherwise honest answer."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from sandbox.clock import Clock
from sandbox.counters import Counters
from sandbox.faults import Fault, Faults
from sandbox.http import DROPPED, Answer, Call, Handler


class Played(Protocol):
    """What a play needs of the simulator it is played in."""

    @property
    def clock(self) -> Clock:
        """The sandbox's time."""

    @property
    def counters(self) -> Counters:
        """What was asked so far."""

    @property
    def faults(self) -> Faults:
        """The faults to come."""

    def commit(self, call: Call, handler: Handler) -> Answer:
        """Do the work of a request in one step and write it down."""

    def commit_later(self, delay: float, call: Call, handler: Handler) -> None:
        """Do the work of a request after so many sandbox seconds."""

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """Return what the simulated gateway says with this status when no work was done."""


Play = Callable[[Played, Fault, Call, Handler], Awaitable[Answer]]

_FOREIGN = {  # what a firewall, a proxy or a portal in between answers
    "html": (b"<html><head><title>403 Forbidden</title></head><body>nginx</body></html>", b"text/html"),
    "json": (b'{"success": false, "error": "blocked", "ray": "8f2a-FRA"}', b"application/json"),
    "message": (b'{"message": "Blocked by policy", "code": 1020}', b"application/json"),
    "text": (b"Access denied", b"text/plain"),
    "empty": (b"", None),
}
_HTML = b"<!DOCTYPE html><html><head><title>Wartung</title></head><body><h1>Wartung</h1></body></html>"


async def timeout_after_commit(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Do the work and say that the gateway timed out."""
    simulator.commit(call, handler)
    return simulator.gateway_answer(504, call)


async def drop_after_commit(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Do the work and end the connection without an answer."""
    simulator.commit(call, handler)
    return DROPPED


async def drop_before_commit(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Do nothing and end the connection without an answer."""
    return DROPPED


async def late_commit(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Send the client away (`answer`: `timeout` or `drop`) and do the work `delay` seconds later."""
    delay = float(fault.params.get("delay", 20))
    simulator.commit_later(delay, call, handler)
    return DROPPED if fault.params.get("answer") == "drop" else simulator.gateway_answer(504, call)


async def rate_limited(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse the request as one too many, and do nothing."""
    simulator.counters.rate_limited += 1
    return simulator.gateway_answer(429, call)


async def disguised_429(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer a 500 that may hide a rate limit; with `committed` do the work all the same."""
    if fault.params.get("committed", False):
        simulator.commit(call, handler)
    return simulator.gateway_answer(500, call)


async def server_error(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Be out of order: `status` 500 or 503, `body` `null`, `html`, `empty`; with `committed` do the work."""
    if fault.params.get("committed", False):
        simulator.commit(call, handler)
    status = int(fault.params.get("status", 503))
    match fault.params.get("body", "null"):
        case "html":
            return Answer(status, _HTML, b"text/html;charset=utf-8")
        case "empty":
            return Answer(status, b"", None)
        case _:
            return Answer(status, b"null")


async def slow(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer after `delay` seconds; do the work before, with `"committed": false` after the wait."""
    delay = float(fault.params.get("delay", 5))
    if fault.params.get("committed", True):
        answer = simulator.commit(call, handler)
        await simulator.clock.sleep(delay)
        return answer
    await simulator.clock.sleep(delay)
    return simulator.commit(call, handler)


async def unauthorized(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse the credentials this once."""
    return simulator.gateway_answer(401, call)


async def contract_problem(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Say that the organization's contract does not allow the call."""
    return simulator.gateway_answer(402, call)


async def forbidden(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Say that the credentials do not reach this far."""
    return simulator.gateway_answer(403, call)


async def not_found_lag(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Say that the object is not there yet, whatever its age."""
    return simulator.gateway_answer(404, call)


async def truncated_answer(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Do the work and stop in the middle of the answer."""
    answer = simulator.commit(call, handler)
    return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type, answer.headers)


async def html_answer(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer with a page for people and status 200 (or `status`); with `committed` do the work."""
    if fault.params.get("committed", False):
        simulator.commit(call, handler)
    return Answer(int(fault.params.get("status", 200)), _HTML, b"text/html;charset=utf-8")


async def foreign_refusal(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse as somebody in between: `status` 403, a `body` of theirs; with `committed` do the work."""
    if fault.params.get("committed", False):
        simulator.commit(call, handler)
    content, kind = _FOREIGN.get(str(fault.params.get("body", "html")), _FOREIGN["html"])
    return Answer(int(fault.params.get("status", 403)), content, kind)


COMMON_PLAYS: dict[str, Play] = {
    play.__name__: play
    for play in (
        timeout_after_commit,
        drop_after_commit,
        drop_before_commit,
        late_commit,
        rate_limited,
        disguised_429,
        server_error,
        slow,
        unauthorized,
        contract_problem,
        forbidden,
        not_found_lag,
        truncated_answer,
        html_answer,
        foreign_refusal,
    )
}
