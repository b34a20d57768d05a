"""What all simulators share: the path of a request through credentials, faults and work; the control API."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.control import ControlEndpoint, ControlRefused, control_json
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
from sandbox.resource import ApiRoute, ControlRoute, Resource, united
from sandbox.store import Store
from sandbox.switches import Switches, UnusableSwitch

SwitchesT = TypeVar("SwitchesT", bound=Switches)


class Endpoint:
    """One route of a simulator as a plain ASGI application."""

    def __init__(self, simulator: "Simulator[Any]", route: ApiRoute) -> None:
        self._simulator, self._route = simulator, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = call_from_scope(scope, self._route.template)
        await self._simulator.serve(call, self._route, scope, receive, send)


class Simulator(ABC, Generic[SwitchesT]):
    """One simulated system: a subclass lists its resources and brings its gate and its own error bodies."""

    name: ClassVar[str]
    switches_type: ClassVar[type[Switches]] = Switches  # what a new simulator's settings are made of
    plays: ClassVar[Mapping[str, Play]] = COMMON_PLAYS  # a subclass and each resource may add kinds of faults

    def __init__(self, settings: SwitchesT, store: Store, clock: Clock, faults: Faults) -> None:
        self.switches, self._initial_switches = settings, settings.copy()
        self.store, self.clock, self.faults = store, clock, faults
        self.base_url = "http://127.0.0.1"  # the server sets the real one before `startup`
        self.counters = Counters()
        self._tasks: set[asyncio.Task[None]] = set()
        self.resources = self.build_resources()
        self._plays = dict(self.plays)
        for resource in self.resources:
            self._plays.update(resource.plays)
        self.app = Starlette(routes=[*self._control_routes(), *map(self._route, united(self.routes()))])

    @abstractmethod
    def build_resources(self) -> Sequence[Resource]:
        """Return the resources of the simulated API; called once, before anything is served."""

    @abstractmethod
    def gateway_answer(self, status: int, call: Call) -> Answer:
        """Return what the simulated gateway says with this status when no work was done."""

    @abstractmethod
    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """Return the addresses and demo credentials a client needs."""

    @abstractmethod
    def seed(self) -> None:
        """Make the demo data exist; called on an empty store only."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Tell whether the store holds nothing of this simulator yet."""

    def routes(self) -> list[ApiRoute]:
        """Return the routes of all resources; a subclass may add one for all other paths."""
        return [route for resource in self.resources for route in resource.routes()]

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return what the resources hold, narrowed by the query; `only` names the parts that are wanted."""
        parts = {name: part for resource in self.resources for name, part in resource.state(query).items()}
        wanted = query["only"].split(",") if "only" in query else parts
        return {name: part() for name, part in parts.items() if name in wanted}

    def gatekeep(self, call: Call, route: ApiRoute) -> Answer | None:
        """Return a refusal for missing credentials or too many requests, else set `call.identity`."""
        return None

    def demo(self, rate_per_minute: float) -> Coroutine[Any, Any, None] | None:
        """Return what makes the system live by itself at this rate, or None when nothing does."""
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
        for resource in self.resources:
            resource.resume()
        self.store.flush()

    async def shutdown(self) -> None:
        """End what still runs and write the state."""
        self._end_tasks()
        self.store.close()

    async def serve(self, call: Call, route: ApiRoute, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the whole request, answer it; one whose body stays incomplete is never carried out."""
        body = await read_body(scope, receive, self.clock.real(self.switches.body_timeout))
        if body is None:
            self.counters.incomplete += 1
            return
        call.body = body
        self.counters.requests[f"{call.method} {call.template}"] += 1
        await send_answer(scope, send, await self.answer(call, route))

    async def answer(self, call: Call, route: ApiRoute) -> Answer:
        """Return the honest answer, or play the next fault meant for this request."""
        refusal = self.gatekeep(call, route)
        if refusal is not None:
            return refusal
        handler = route.handlers.get(call.method, self._no_such_method)
        fault = self.faults.take(
            call.method, call.path, template=call.template, body=call.body, query=call.query_string
        )
        if fault is None:
            return self.commit(call, handler)
        return await self._plays[fault.kind](self, fault, call, handler)

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

        self.do_later(delay, lambda: self.commit(call, handler))

    def do_later(self, delay: float, work: Callable[[], object]) -> None:
        """Do some work after so many sandbox seconds and write it down; a reset or shutdown prevents it."""

        async def wait_and_work() -> None:
            await self.clock.sleep(delay)
            work()
            self.store.flush()

        self.spawn(wait_and_work())

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

    def _route(self, route: ApiRoute) -> BaseRoute:
        return Route(route.path or route.template, Endpoint(self, route))

    def _control_routes(self) -> list[BaseRoute]:
        common = (
            ControlRoute("/_control/state", {"GET": self._get_state}),
            ControlRoute("/_control/reset", {"POST": self._reset}),
            ControlRoute(
                "/_control/faults",
                {"GET": self._get_faults, "POST": self._add_faults, "DELETE": self._clear_faults},
            ),
            ControlRoute("/_control/settings", {"GET": self._get_settings, "POST": self._change_settings}),
        )
        own = (route for resource in self.resources for route in resource.control_routes())
        return [
            *(Route(one.path, ControlEndpoint(self.store, one.handlers)) for one in (*common, *own)),
            Route("/_control/{rest:path}", ControlEndpoint(self.store, {}, status=404)),
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
        for resource in self.resources:
            resource.forget()
        self.seed()
        self.store.flush()
        return json_answer(200, {"reset": True})

    def _get_faults(self, call: Call) -> Answer:
        return json_answer(200, self.faults.as_json())

    def _add_faults(self, call: Call) -> Answer:
        asked = control_json(call)
        wanted = asked if isinstance(asked, list) else [asked]
        try:
            faults = [fault_from_json(document, self._plays) for document in wanted]
        except UnknownFaultKind as unknown:
            raise ControlRefused(f"unknown kind {unknown}", kinds=sorted(self._plays)) from unknown
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
