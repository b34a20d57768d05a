"""Orders and their documents as the shop API serves them."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import orjson

from sandbox.epages.api.answers import envelope, flag, page_of, raw_resource, refusal, resource
from sandbox.epages.api.gate import ROOT, caller_of, scoped
from sandbox.epages.documents.render import ORIGIN, Renderer, file_of
from sandbox.epages.models import Order, Shop
from sandbox.epages.state import OrderFilter, ShopState
from sandbox.epages.values import lower_bound, moment, stamp, to_json
from sandbox.http import Answer, Call
from sandbox.resource import ApiRoute, Resource

FILTER_FLAGS = (
    "viewedOn",
    "pendingOn",
    "archivedOn",
    "rejectedOn",
    "closedOn",
    "dispatchedOn",
    "paidOn",
    "returnedOn",
    "deliveredOn",
    "invoicedOn",
)
LONGEST_FRAME = timedelta(days=366)
SALES_DAYS = timedelta(days=30)
OFFERED_LOCALES = ("de_DE", "en_GB")
KEPT_RENDERINGS = 4096


class OrderApi(Resource):
    """Reads of one simulator's orders; renderings are kept until their order changes."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[tuple[str, str, str], tuple[int, list[bytes]]] = OrderedDict()

    def routes(self) -> Sequence[ApiRoute]:
        """Orders, their documents and sums over them."""
        read = "orders_read"
        return [
            ApiRoute(f"{ROOT}/orders", {"GET": scoped(read, self.list_orders)}),
            ApiRoute(f"{ROOT}/orders/{{order_id}}", {"GET": scoped(read, self.get_order)}),
            ApiRoute(f"{ROOT}/orders/{{order_id}}/documents", {"GET": scoped(read, self.list_documents)}),
            ApiRoute(f"{ROOT}/sales", {"GET": scoped(read, self.get_sales)}),
        ]

    def forget(self) -> None:
        """Render everything anew."""
        self._kept.clear()

    def list_orders(self, call: Call) -> Answer:
        """One page of the orders that fit, newest first."""
        state, locale, page = caller_of(call).state, locale_of(call), page_of(call)
        found = state.query(_filter_of(call))
        start = max(0, page.start - int(call.notes.get("drift", 0)))
        ids = found[start : start + page.size]
        items = [self._rendered(state, state.orders[order_id], "item", locale)[0] for order_id in ids]
        return at_home(call, envelope(items, len(found), page))

    def get_order(self, call: Call) -> Answer:
        """One order with its line items."""
        state, locale = caller_of(call).state, locale_of(call)
        return at_home(call, raw_resource(self._rendered(state, order_of(call), "order", locale)[0]))

    def list_documents(self, call: Call) -> Answer:
        """One page of the order's finalised documents, newest first, with their files when asked for."""
        state, locale, page = caller_of(call).state, locale_of(call), page_of(call)
        order = order_of(call)
        wanted = slice(page.start, page.start + page.size)
        form = "negative documents" if call.notes.get("negative") else "documents"
        rendered = self._rendered(state, order, form, locale)
        items = rendered[wanted]
        if flag(call, "includePdf"):
            items = self._with_files(call, state.shop, order, wanted, items)
        return at_home(call, envelope(items, len(rendered), page))

    def get_sales(self, call: Call) -> Answer:
        """Sums of the orders in a time frame of at most a year."""
        after, before = self._sales_frame(call)
        wanted = OrderFilter(
            created_after=stamp(after), created_before=stamp(before), product_id=call.query.get("productId")
        )
        state = caller_of(call).state
        per_currency: dict[str, list[Order]] = {}
        for order_id in state.query(wanted):
            order = state.orders[order_id]
            per_currency.setdefault(order.basket.currency, []).append(order)
        sums = [_sales(currency, orders) for currency, orders in sorted(per_currency.items())]
        frame = {"createdAfter": stamp(after), "createdBefore": stamp(before)}
        return resource({**frame, "salesPerCurrency": sums})

    def _rendered(self, state: ShopState, order: Order, form: str, locale: str) -> list[bytes]:
        key, revision = (order.order_id, form, locale), state.revision(order)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == revision:
            return kept[1]
        made = _render(Renderer(state.shop, locale), order, form)
        self._kept[key] = (revision, made)
        if len(self._kept) > KEPT_RENDERINGS:
            self._kept.popitem(last=False)
        return made

    def _with_files(
        self, call: Call, shop: Shop, order: Order, wanted: slice, items: Sequence[bytes]
    ) -> list[bytes]:
        now = stamp(self._now())
        with_files = []
        for document, item in zip(order.finalised()[wanted], items, strict=True):
            if document.pdf.mode == "missing":
                with_files.append(item)
                continue
            file = None if call.notes.get("missing_pdf") else file_of(shop, order, document, now)
            with_files.append(item[:-1] + b',"documentPdf":' + orjson.dumps(file) + b"}")
        return with_files

    def _sales_frame(self, call: Call) -> tuple[datetime, datetime]:
        after, before = moment_of(call, "createdAfter"), moment_of(call, "createdBefore")
        if before is None:
            before = self._now() if after is None else after + SALES_DAYS
        if after is None:
            after = before - SALES_DAYS
        if before - after > LONGEST_FRAME:
            raise refusal(call, 400, "The time frame must not exceed one year.")
        return after, before


def order_of(call: Call) -> Order:
    """The order in the path; an unknown one is not found."""
    order = caller_of(call).state.orders.get(call.params["order_id"])
    if order is None:
        raise refusal(call, 404, "Order not found")
    return order


def locale_of(call: Call) -> str:
    """The wanted locale; one the shop does not offer is a bad request."""
    shop = caller_of(call).state.shop
    locale = call.query.get("locale", shop.locale)
    if locale not in (*OFFERED_LOCALES, shop.locale):
        raise refusal(call, 400, f"Locale {locale} is not available.")
    return locale


def moment_of(call: Call, name: str) -> datetime | None:
    """A moment in the query; what is none is a bad request."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return moment(text)
    except ValueError as malformed:
        raise refusal(call, 400, f"Parameter {name} must be an ISO 8601 date.") from malformed


def _filter_of(call: Call) -> OrderFilter:
    after, before = moment_of(call, "createdAfter"), moment_of(call, "createdBefore")
    if after is not None and before is not None and before - after > LONGEST_FRAME:
        raise refusal(call, 400, "The time frame must not exceed one year.")
    updated = moment_of(call, "updatedFrom")
    flags = tuple((name, wanted) for name in FILTER_FLAGS if (wanted := flag(call, name)) is not None)
    return OrderFilter(
        updated_from=None if updated is None else lower_bound(updated),
        created_after=None if after is None else lower_bound(after),
        created_before=None if before is None else stamp(before),
        by_last_update=bool(flag(call, "lastUpdated")),
        customer_id=call.query.get("customerId"),
        product_id=call.query.get("productId"),
        currency=call.query.get("currency"),
        flags=flags,
    )


def _render(renderer: Renderer, order: Order, form: str) -> list[bytes]:
    if form == "item":
        return [to_json(renderer.list_item(order))]
    if form == "order":
        return [to_json(renderer.order(order))]
    negative = form.startswith("negative")
    return [
        to_json(renderer.document(order, document, negative=negative and document.type == "CreditNote"))
        for document in order.finalised()
    ]


def at_home(call: Call, answer: Answer) -> Answer:
    """The answer with links that lead to the address the request came to."""
    body = answer.body.replace(ORIGIN.encode(), caller_of(call).origin.encode())
    return Answer(answer.status, body, answer.content_type, answer.headers)


def _sales(currency: str, orders: Sequence[Order]) -> dict[str, object]:
    totals = [order.basket.totals() for order in orders]
    units = sum((line.quantity for order in orders for line in order.basket.lines), Decimal(0))
    return {
        "currency": currency,
        "totalGrossRevenue": sum((total.grand for total in totals), Decimal(0)),
        "totalNetRevenue": sum((total.before_tax for total in totals), Decimal(0)),
        "unitsSold": units,
        "totalOrders": len(orders),
    }
