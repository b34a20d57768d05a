"""The control API: how orders to a simulator itself are read, carried out and refused."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.http import Call, Handler, call_from_scope, json_answer, read_body, send_answer
from sandbox.store import Store


class ControlEndpoint:
    """One path of the control API: no credentials, no faults, no counting; what is done is written down."""

    def __init__(self, store: Store, handlers: Mapping[str, Handler], status: int = 405) -> None:
        self._store, self._handlers, self._otherwise = store, dict(handlers), status

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
        finally:
            self._store.flush()
        await send_answer(scope, send, answer)


class ControlRefused(Exception):
    """A control request cannot be carried out as it stands."""

    def __init__(self, message: str, status: int = 422, **details: Any) -> None:
        super().__init__(message)
        self.status, self.details = status, details


def control_object(call: Call) -> dict[str, Any]:
    """Return the JSON object of a control request; an empty body counts as an empty one."""
    order = control_json(call)
    if not isinstance(order, dict):
        raise ControlRefused("a JSON object is needed")
    return order


def control_json(call: Call) -> Any:
    """Return the JSON of a control request; an empty body counts as an empty object."""
    try:
        return orjson.loads(call.body) if call.body else {}
    except orjson.JSONDecodeError as malformed:
        raise ControlRefused(f"not JSON: {malformed}", status=400) from malformed
