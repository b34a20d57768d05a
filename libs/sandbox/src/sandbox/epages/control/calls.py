"""The control API of the shop simulator: everything a test, a bench or a curious person can make happen."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from sandbox.control import ControlRefused, control_object
from sandbox.epages.control.bulk import make_documents
from sandbox.epages.control.overview import document_overview, order_overview, shop_credentials
from sandbox.epages.merchant import Impossible
from sandbox.epages.models import STATUS_DATES, Document, Order
from sandbox.epages.platform import Platform
from sandbox.epages.specs import (
    BulkSpec,
    ChangeSpec,
    DocumentSpec,
    FinaliseSpec,
    OrderSpec,
    ShopChange,
    ShopSpec,
    Spec,
)
from sandbox.epages.state import ShopState
from sandbox.epages.values import moment, stamp
from sandbox.http import Answer, Call, Handler, json_answer
from sandbox.resource import ControlRoute, Resource

SpecT = TypeVar("SpecT", bound=Spec)
Fields = dict[str, Any]
Action = Callable[[Fields], Fields]


class ControlApi(Resource):
    """Each action takes and gives a JSON object; `shop` is a key or id, `order` an id or number."""

    def __init__(self, platform: Platform, options_changed: Callable[[], None]) -> None:
        self._platform, self._options_changed = platform, options_changed

    def control_routes(self) -> Sequence[ControlRoute]:
        """All actions by their path below `/_control/`."""
        actions = {
            "shops": self._create_shop,
            "shops/change": self._change_shop,
            "shops/uninstall": self._uninstall,
            "shops/revoke": self._revoke,
            "shops/token": self._renew_token,
            "bulk/shops": self._create_shops,
            "bulk/documents": self._make_documents,
            "orders": self._place,
            "orders/sell": self._sell,
            "orders/draft": self._draft,
            "orders/finalise": self._finalise,
            "orders/credit": self._credit,
            "orders/pay": self._pay,
            "orders/dispatch": self._dispatch,
            "orders/status": self._set_status,
            "orders/touch": self._touch,
            "orders/edit": self._edit,
            "orders/delete": self._delete,
            "documents/change": self._change_document,
        }
        return [
            ControlRoute(f"/_control/{path}", {"POST": carried_out(action)})
            for path, action in actions.items()
        ]

    def _create_shop(self, fields: Fields) -> Fields:
        return self._new_shop(parse(ShopSpec, fields))

    def _create_shops(self, fields: Fields) -> Fields:
        count, prefix = int(fields.pop("count", 1)), str(fields.pop("prefix", "Shop"))
        specs = [parse(ShopSpec, {**fields, "shop_id": f"{prefix}{place + 1}"}) for place in range(count)]
        return {"shops": [self._new_shop(spec) for spec in specs]}

    def _new_shop(self, spec: ShopSpec) -> Fields:
        if self._platform.has_shop(spec):
            raise ControlRefused(f"there is a shop {spec.shop_id} on this host already", status=409)
        shop = self._platform.create_shop(spec)
        return shop_credentials(self._platform, self._platform.world.shops[shop.key])

    def _change_shop(self, fields: Fields) -> Fields:
        state = self._take_shop(fields)
        for name, value in parse(ShopChange, fields).model_dump(exclude_unset=True).items():
            setattr(state.shop, name, value)
        self._platform.world.save(state.shop)
        self._options_changed()
        return {"shop": state.shop.key, **{name: getattr(state.shop, name) for name in fields}}

    def _uninstall(self, fields: Fields) -> Fields:
        state = self._take_shop(fields)
        parse(Spec, fields)
        self._platform.uninstall(state.shop)
        return {"shop": state.shop.key, "access_token": None}

    def _revoke(self, fields: Fields) -> Fields:
        state = self._take_shop(fields)
        parse(Spec, fields)
        self._platform.revoke(state.shop)
        return {"shop": state.shop.key, "access_token": None}

    def _renew_token(self, fields: Fields) -> Fields:
        """A private app gets its token at the press of a button."""
        state = self._take_shop(fields)
        parse(Spec, fields)
        self._platform.install(state.shop)
        return shop_credentials(self._platform, state)

    def _make_documents(self, fields: Fields) -> Fields:
        spec = parse(BulkSpec, fields)
        states = [self.find_shop(reference) for reference in spec.shops]
        return make_documents(self._platform, states, spec)

    def _place(self, fields: Fields) -> Fields:
        state = self._take_shop(fields)
        return order_overview(self._platform.merchant(state).place(parse(OrderSpec, fields)))

    def _sell(self, fields: Fields) -> Fields:
        """Order and document in one go: `order` and `document` hold what the single actions take."""
        state = self._take_shop(fields)
        merchant = self._platform.merchant(state)
        order_spec = parse(OrderSpec, fields.pop("order", {}))
        document_spec = parse(FinaliseSpec, fields.pop("document", {}))
        parse(Spec, fields)
        order = merchant.place(order_spec)
        document = merchant.finalise(order, document_spec)
        return {**order_overview(order), "document": document_overview(order, document)}

    def _draft(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        spec = parse(FinaliseSpec, fields)
        return _shown(order, self._platform.merchant(state).draft(order, spec))

    def _finalise(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        spec = parse(FinaliseSpec, fields)
        return _shown(order, self._platform.merchant(state).finalise(order, spec))

    def _credit(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        invoice = fields.pop("invoice", None)
        spec = parse(DocumentSpec, fields)
        return _shown(order, self._platform.merchant(state).credit(order, spec, invoice))

    def _pay(self, fields: Fields) -> Fields:
        return self._set_one_date(fields, "paidOn")

    def _dispatch(self, fields: Fields) -> Fields:
        return self._set_one_date(fields, "dispatchedOn")

    def _set_one_date(self, fields: Fields, name: str) -> Fields:
        state, order = self._take_order(fields)
        at = fields.pop("at", stamp(self._platform.clock.now()))
        parse(Spec, fields)
        self._platform.merchant(state).set_dates(order, _dates({name: at}))
        return order_overview(order)

    def _set_status(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        dates = fields.pop("dates", {})
        parse(Spec, fields)
        self._platform.merchant(state).set_dates(order, _dates(dates))
        return order_overview(order)

    def _touch(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        parse(Spec, fields)
        self._platform.merchant(state).touch(order)
        return order_overview(order)

    def _edit(self, fields: Fields) -> Fields:
        """While an order is being edited, changes through the API are conflicts."""
        state, order = self._take_order(fields)
        editing = bool(fields.pop("editing", True))
        parse(Spec, fields)
        order.in_edit_mode = editing
        state.save(order)
        return order_overview(order)

    def _delete(self, fields: Fields) -> Fields:
        state, order = self._take_order(fields)
        parse(Spec, fields)
        self._platform.merchant(state).delete(order)
        return {"order_id": order.order_id, "deleted": True}

    def _change_document(self, fields: Fields) -> Fields:
        state = self._take_shop(fields)
        spec = parse(ChangeSpec, fields)
        found = state.find_document(spec.type, spec.number)
        if found is None:
            raise ControlRefused(f"there is no {spec.type} {spec.number}", status=404)
        order, document = found
        return _shown(order, self._platform.merchant(state).change(order, document, spec))

    def _take_shop(self, fields: Fields) -> ShopState:
        return self.find_shop(str(fields.pop("shop", "DemoShop")))

    def find_shop(self, reference: str) -> ShopState:
        """The shop with this key, id or address."""
        for state in self._platform.world.shops.values():
            if reference in (state.shop.key, state.shop.shop_id, self._platform.api_url(state.shop)):
                return state
        raise ControlRefused(f"there is no shop {reference}", status=404)

    def _take_order(self, fields: Fields) -> tuple[ShopState, Order]:
        state = self._take_shop(fields)
        reference = str(fields.pop("order", ""))
        order = state.find_order(reference)
        if order is None:
            raise ControlRefused(f"the shop has no order {reference!r}", status=404)
        return state, order


def carried_out(action: Action) -> Handler:
    """The action as a handler: bad input and impossible wishes are refused."""

    def handle(call: Call) -> Answer:
        try:
            result = action(control_object(call))
        except (Impossible, ValueError, IndexError) as impossible:
            raise ControlRefused(str(impossible)) from impossible
        return json_answer(200, result)

    return handle


def parse(kind: type[SpecT], fields: Fields) -> SpecT:
    """The fields as a spec; what does not fit is named."""
    try:
        return kind.model_validate(fields)
    except ValidationError as unusable:
        problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in unusable.errors()]
        raise ControlRefused("; ".join(problems)) from unusable


def _dates(given: Fields) -> dict[str, str | None]:
    unknown = set(given) - set(STATUS_DATES)
    if unknown:
        raise ControlRefused(f"unknown status dates: {', '.join(sorted(unknown))}")
    return {name: None if value is None else stamp(moment(str(value))) for name, value in given.items()}


def _shown(order: Order, document: Document) -> Fields:
    return document_overview(order, document)
