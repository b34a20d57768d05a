"""Changes of an order through the shop API: a JSON array of `add` and `remove` operations."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from sandbox.epages.api.answers import refusal
from sandbox.epages.api.gate import ROOT, caller_of, scoped
from sandbox.epages.api.orders import locale_of, order_of
from sandbox.epages.merchant import Merchant
from sandbox.epages.models import STATUS_DATES, Address, Order, Payment
from sandbox.epages.state import ShopState
from sandbox.epages.values import moment, stamp
from sandbox.http import Answer, Call, Handler
from sandbox.resource import ApiRoute, Resource

PATCH_TYPE = "application/json-patch+json"
ONLY_ADD = ("/orderNumber", "/billingAddress", "/shippingAddress", "/payment")
ADDRESS = TypeAdapter(Address)


class PatchApi(Resource):
    """Carries out all operations of a patch or none."""

    def __init__(self, merchant: Callable[[ShopState], Merchant], show: Handler) -> None:
        self._merchant, self._show = merchant, show

    def routes(self) -> Sequence[ApiRoute]:
        """The change of an order."""
        return [ApiRoute(f"{ROOT}/orders/{{order_id}}", {"PATCH": scoped("orders_write", self.patch_order)})]

    def patch_order(self, call: Call) -> Answer:
        """The changed order; one that is open in the administration is a conflict."""
        locale_of(call)
        state, order = caller_of(call).state, order_of(call)
        operations = _operations(call)
        if order.in_edit_mode:
            raise refusal(call, 409, "The order is being edited")
        changed = order.model_copy(deep=True)
        for operation in operations:
            _apply(call, changed, operation)
        self._merchant(state).touch(changed)
        return self._show(call)


def _operations(call: Call) -> list[dict[str, Any]]:
    if not call.header("Content-Type").startswith(PATCH_TYPE):
        raise refusal(call, 400, f"Content-Type must be {PATCH_TYPE}.")
    try:
        operations = orjson.loads(call.body)
    except orjson.JSONDecodeError as malformed:
        raise refusal(call, 400, "The body is no JSON.") from malformed
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise refusal(call, 400, "The body must be an array of operations.")
    return operations


def _apply(call: Call, order: Order, operation: dict[str, Any]) -> None:
    name, path, value = operation.get("op"), str(operation.get("path")), operation.get("value")
    if name not in ("add", "remove") or (name == "remove" and path in ONLY_ADD):
        raise refusal(call, 400, f"Operation {name} is not allowed for {path}.")
    value = None if name == "remove" else value
    if path.removeprefix("/") in STATUS_DATES:
        _set_date(call, order, path.removeprefix("/"), value)
    elif path in ("/customerComment", "/internalNote", "/orderNumber"):
        _set_text(call, order, path, value)
    elif path in ("/billingAddress", "/shippingAddress"):
        _set_address(call, order, path, value)
    elif path == "/payment":
        order.payment = Payment(method_id=None, name=None)
        order.basket.fee = []
    else:
        raise refusal(call, 400, f"Path {path} is unknown.")


def _set_date(call: Call, order: Order, name: str, value: Any) -> None:
    if value is None:
        order.dates.pop(name, None)
        return
    order.dates[name] = _stamp_of(call, value)


def _stamp_of(call: Call, value: Any) -> str:
    try:
        at: datetime = moment(value)
    except (ValueError, AttributeError) as malformed:
        raise refusal(call, 400, f"{value} is no ISO 8601 date.") from malformed
    return stamp(at)


def _set_text(call: Call, order: Order, path: str, value: Any) -> None:
    if not isinstance(value, str | None) or (path == "/orderNumber" and not value):
        raise refusal(call, 400, f"{path} must be text.")
    if path == "/orderNumber":
        order.number = str(value)
    elif path == "/customerComment":
        order.comment = value
    else:
        order.note = value


def _set_address(call: Call, order: Order, path: str, value: Any) -> None:
    try:
        address = ADDRESS.validate_python(value)
    except ValidationError as unusable:
        raise refusal(call, 400, f"{path} must be an address.") from unusable
    if path == "/billingAddress":
        order.billing = {**order.billing, **address}
    else:
        order.shipping = {**order.billing, **(order.shipping or {}), **address}
