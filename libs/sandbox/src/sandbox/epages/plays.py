"""Faults of the shop platform: how each kind treats the requests it is meant for."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import orjson

from sandbox.epages.api.answers import error, html_error
from sandbox.epages.values import to_json
from sandbox.faults import EVER, Fault
from sandbox.http import Answer, Call, Handler
from sandbox.misbehaviour import COMMON_PLAYS, Play, Played, truncated_answer

Change = Callable[[dict[str, Any]], None]
Meant = Callable[[Call], bool]

ORDER_TOTALS = ("grandTotal", "totalBeforeTax", "totalTax")


async def html_error_page(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer with an HTML page of the web server, `status` 400 unless another is given."""
    return html_error(call, int(fault.params.get("status", 400)))


async def json_in_html_500(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer 500 with JSON that calls itself HTML."""
    return error(call, 500)


async def unavailable(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Be out of order: `status` 503 or 502."""
    return error(call, int(fault.params.get("status", 503)))


async def token_revoked(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse the token with `status` 403 or 401."""
    return error(call, int(fault.params.get("status", 403)), "Access denied: invalid access token")


async def gone_between(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Say that the order is not there: it was deleted after the list was read."""
    return error(call, 404, "Order not found")


async def rate_limited(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse one call too many; the quota is refilled after `reset_seconds` (60)."""
    wait = simulator.clock.real(float(fault.params.get("reset_seconds", 60)))
    call.notes["reset_at"] = simulator.clock.now() + timedelta(seconds=wait)
    call.notes["remaining"] = 0
    simulator.counters.rate_limited += 1
    return error(call, 429, "API rate limit exceeded")


def noted(name: str, value: object = True) -> Play:
    """A play in which the handler itself does what the note says."""

    async def play(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
        call.notes[name] = value
        return simulator.commit(call, handler)

    return play


def altered(change: Change) -> Play:
    """A play that changes every item of the honest answer."""

    async def play(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
        answer = simulator.commit(call, handler)
        if answer.status >= 300 or not answer.body.startswith(b"{"):
            return answer
        document = json.loads(answer.body, parse_float=Decimal)
        for item in document.get("items", [document]):
            change(item)
        return dataclasses.replace(answer, body=to_json(document))

    return play


def only(meant: Meant, play: Play) -> Play:
    """The play for the requests it makes sense for; for others the fault waits on."""

    async def chosen(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
        if meant(call):
            return await play(simulator, fault, call, handler)
        if fault.times != EVER:
            simulator.faults.add(dataclasses.replace(fault, times=1))
        return simulator.commit(call, handler)

    return chosen


def _without_last_update(item: dict[str, Any]) -> None:
    item.pop("lastUpdatedOnDate", None)


def _with_numeric_totals(item: dict[str, Any]) -> None:
    for name in ORDER_TOTALS:
        if isinstance(item.get(name), str):
            item[name] = orjson.Fragment(item[name])


def _with_unknown_fields(item: dict[str, Any]) -> None:
    item["futureField"] = {"since": "8.0", "values": [1, None, "x"]}
    container = item.get("lineItemContainer")
    if isinstance(container, dict):
        container["giftWrapping"] = []
        for line in container["productLineItems"]:
            line["carbonFootprint"] = None


def _orders(call: Call) -> bool:
    return call.method == "GET" and call.template in (
        "/rs/shops/{shop_id}/orders",
        "/rs/shops/{shop_id}/orders/{order_id}",
    )


def _later_page(call: Call) -> bool:
    return call.template.endswith("/orders") and call.query.get("page", "1") != "1"


def _documents(call: Call) -> bool:
    return call.template.endswith("/documents")


def _files(call: Call) -> bool:
    return _documents(call) and parse_qs(call.query_string.decode()).get("includePdf") == ["true"]


EPAGES_PLAYS: dict[str, Play] = COMMON_PLAYS | {
    "html_error": html_error_page,
    "json_in_html_500": json_in_html_500,
    "unavailable": unavailable,
    "truncated": truncated_answer,
    "token_revoked": token_revoked,
    "rate_limited": rate_limited,
    "no_last_updated": only(_orders, altered(_without_last_update)),
    "numeric_totals": only(_orders, altered(_with_numeric_totals)),
    "unknown_fields": altered(_with_unknown_fields),
    "duplicate_across_pages": only(_later_page, noted("drift", 1)),
    "gone_between": only(_documents, gone_between),
    "negative_credit_note": only(_documents, noted("negative")),
    "missing_pdf": only(_files, noted("missing_pdf")),
}
