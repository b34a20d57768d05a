"""What all simulators share: the path of a request through credentials, faults and work; the control API."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar

import orjson
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.counters import Counters
from sandbox.faults import Faults, UnknownFaultKind, fault_from_json
from sandbox.http import (
    Answer,
    Call,
    Handler,
    Refused,
    call_from_scope,
    json_answer,
    read_body,
    send_answer,
)
from sandbox.misbehaviour import COMMON_PLAYS, Play
from sandbox.settings import Switches, UnusableSwitch
from sandbox.store import Store

SwitchesT = TypeVar("SwitchesT", bound=Switches)


class Endpoint:
    """One path template of a simulator with a handler per method, as a plain ASGI application."""

    def __init__(self, simulator: "Simulator[Any]", template: str, handlers: Mapping[str, Handler]) -> None:
        self._simulator, self._template, self._handlers = simulator, template, dict(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        handler = self._handlers.get(scope["method"])
        await self._simulator.serve(call_from_scope(scope, self._template), handler, scope, receive, send)


class ControlEndpoint:
    """One path of the control API: no credentials, no faults, no counting."""

    def __init__(self, handlers: Mapping[str, Handler], status: int = 405) -> None:
        self._handlers, self._otherwise = dict(handlers), status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one control request."""
        call = call_from_scope(scope, scope["path"])
        handler = self._handlers.get(call.method)
        call.body = await read_body(scope, receive, seconds=60) or b""
        if handler is None:
            message = HTTPStatus(self._otherwise).phrase
            await send_answer(scope, send, json_answer(self._otherwise, {"message": message}))
            return
        try:
            answer = handler(call)
        except ControlRefused as refused:
            answer = json_answer(refused.status, {"message": str(refused), **refused.details})
        await send_answer(scope, send, answer)


class ControlRefused(Exception):
    """A control request cannot be carried out as it stands."""

    def __init__(self, message: str, status: int = 422, **details: Any) -> None:
        super().__init__(message)
        self.status, self.details = status, details


class Simulator(ABC, Generic[SwitchesT]):
    """One simulated system; a subclass brings routes, its own error bodies and its own state."""

    name: ClassVar[str]
    switches_type: ClassVar[type[Switches]] = Switches  # what a new simulator's settings are made of
    plays: ClassVar[Mapping[str, Play]] = COMMON_PLAYS  # a subclass may add kinds of faults

    def __init__(self, settings: SwitchesT, store: Store, clock: Clock, faults: Faults) -> None:
        self.switches, self._initial_switches = settings, settings.copy()
        self.store, self.clock, self.faults = store, clock, faults
        self.base_url = "http://127.0.0.1"  # the server sets the real one before `startup`
        self.counters = Counters()
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = Starlette(routes=[*self._control_routes(), *self.routes()])

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """Return the routes of the simulated API, most of them made by `route`."""

    @abstractmethod
    def gateway_answer(self, status: int, call: Call) -> Answer:
        """Return what the simulated gateway says with this status when no work was done."""

    @abstractmethod
    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return what the simulator holds, narrowed by the query of the control request."""

    @abstractmethod
    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """Return the addresses and demo credentials a client needs."""

    @abstractmethod
    def seed(self) -> None:
        """Make the demo data exist; called on an empty store only."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Tell whether the store holds nothing of this simulator yet."""

    def control_routes(self) -> list[BaseRoute]:
        """Return further control routes of this simulator, made by `control`."""
        return []

    def gatekeep(self, call: Call) -> Answer | None:
        """Return a refusal for missing credentials or too many requests, else set `call.identity`."""
        return None

    def forget(self) -> None:
        """Drop what a subclass keeps beside the store; part of a reset."""

    def start_with(self, switches: Mapping[str, Any]) -> None:
        """Set switches; a reset comes back to them."""
        self.switches.merge(switches)
        self._initial_switches = self.switches.copy()

    async def startup(self) -> None:
        """Make the simulator ready: an empty store is seeded, a filled one is taken over."""
        if self.is_empty():
            self.seed()
            self.store.flush()

    async def shutdown(self) -> None:
        """End what still runs and write the state."""
        self._end_tasks()
        self.store.close()

    def route(self, template: str, **handlers: Handler) -> Route:
        """Return a route of the simulated API; handlers are named by their method."""
        return Route(template, Endpoint(self, template, handlers))

    def control(self, path: str, **handlers: Handler) -> Route:
        """Return a route of the control API."""
        return Route(path, ControlEndpoint(handlers))

    async def serve(
        self, call: Call, handler: Handler | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Take in the whole request, answer it; one whose body stays incomplete is never carried out."""
        body = await read_body(scope, receive, self.clock.real(self.switches.body_timeout))
        if body is None:
            self.counters.incomplete += 1
            return
        call.body = body
        self.counters.requests[f"{call.method} {call.template}"] += 1
        await send_answer(scope, send, await self.answer(call, handler))

    async def answer(self, call: Call, handler: Handler | None) -> Answer:
        """Return the honest answer, or play the next fault meant for this request."""
        refusal = self.gatekeep(call)
        if refusal is not None:
            return refusal
        if handler is None:
            handler = self._no_such_method
        fault = self.faults.take(
            call.method, call.path, template=call.template, body=call.body, query=call.query_string
        )
        if fault is None:
            return self.commit(call, handler)
        return await self.plays[fault.kind](self, fault, call, handler)

    def commit(self, call: Call, handler: Handler) -> Answer:
        """Do the work of a request in one step and write it down."""
        try:
            answer = handler(call)
        except Refused as refused:
            answer = refused.answer
        self.store.flush()
        return answer

    def commit_later(self, delay: float, call: Call, handler: Handler) -> None:
        """Do the work of a request after so many sandbox seconds, whoever still waits for it."""

        async def work() -> None:
            await self.clock.sleep(delay)
            self.commit(call, handler)

        self.spawn(work())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the requests; a reset or shutdown ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _no_such_method(self, call: Call) -> Answer:
        return self.gateway_answer(404, call)

    def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _control_routes(self) -> list[BaseRoute]:
        return [
            self.control("/_control/state", GET=self._get_state),
            self.control("/_control/reset", POST=self._reset),
            self.control(
                "/_control/faults", GET=self._get_faults, POST=self._add_faults, DELETE=self._clear_faults
            ),
            self.control("/_control/settings", GET=self._get_settings, POST=self._change_settings),
            *self.control_routes(),
            Route("/_control/{rest:path}", ControlEndpoint({}, status=404)),
        ]

    def _get_state(self, call: Call) -> Answer:
        common = {
            "simulator": self.name,
            "requests": dict(self.counters.requests),
            "rate_limited": self.counters.rate_limited,
            "incomplete": self.counters.incomplete,
            "faults": self.faults.as_json(),
            "settings": self.switches.as_json(),
        }
        return json_answer(200, {**common, **self.state(call.query)})

    def _reset(self, call: Call) -> Answer:
        self._end_tasks()
        self.store.clear()
        self.faults.clear()
        self.counters = Counters()
        self.switches.merge(self._initial_switches.as_json())
        self.forget()
        self.seed()
        self.store.flush()
        return json_answer(200, {"reset": True})

    def _get_faults(self, call: Call) -> Answer:
        return json_answer(200, self.faults.as_json())

    def _add_faults(self, call: Call) -> Answer:
        asked = control_json(call)
        wanted = asked if isinstance(asked, list) else [asked]
        try:
            faults = [fault_from_json(document, self.plays) for document in wanted]
        except UnknownFaultKind as unknown:
            raise ControlRefused(f"unknown kind {unknown}", kinds=sorted(self.plays)) from unknown
        except (TypeError, ValueError) as unusable:
            raise ControlRefused(str(unusable)) from unusable
        for fault in faults:
            self.faults.add(fault)
        return json_answer(201, self.faults.as_json())

    def _clear_faults(self, call: Call) -> Answer:
        self.faults.clear()
        return Answer(204, b"", None)

    def _get_settings(self, call: Call) -> Answer:
        return json_answer(200, self.switches.as_json())

    def _change_settings(self, call: Call) -> Answer:
        changes = control_json(call)
        if not isinstance(changes, dict):
            raise ControlRefused("a JSON object of switches is needed")
        try:
            self.switches.merge(changes)
        except UnusableSwitch as unusable:
            raise ControlRefused(str(unusable)) from unusable
        return json_answer(200, self.switches.as_json())


def control_json(call: Call) -> Any:
    """Return the JSON of a control request; an empty body counts as an empty object."""
    try:
        return orjson.loads(call.body) if call.body else {}
    except orjson.JSONDecodeError as malformed:
        raise ControlRefused(f"not JSON: {malformed}", status=400) from malformed
