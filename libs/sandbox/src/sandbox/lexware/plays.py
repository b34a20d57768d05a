"""Faults that only Lexware Office knows, beside the common ones."""

from dataclasses import replace
from typing import Any

import orjson

from sandbox.faults import Fault
from sandbox.http import Answer, Call, Handler
from sandbox.lexware.errors import legacy_not_found, regular
from sandbox.misbehaviour import COMMON_PLAYS, Play, Played


async def filter_ignored(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """List vouchers as if no number had been asked for, contacts as if nothing had been."""
    call.notes["filter_ignored"] = True
    return simulator.commit(call, handler)


async def search_refused(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse a search as one that leads past the window, whatever it asks for."""
    return regular(400, call, "Result window is too large, maximum search window: 10000").answer


async def no_id(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Do the work and answer with a success that lacks the id and address of what was made."""
    answer = simulator.commit(call, handler)
    document = orjson.loads(answer.body)
    left = {key: value for key, value in document.items() if key not in ("id", "resourceUri", "voucherId")}
    return replace(answer, body=orjson.dumps(left), headers=())


async def spoilt_field(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Answer truly but for one field: `field` is its way from the top, `value` what it is, or is absent.

    The way's parts are names and places in lists, with points between them: `content.0.voucherDate`.
    """
    answer = simulator.commit(call, handler)
    document = orjson.loads(answer.body)
    holder, name = _spot(document, str(fault.params["field"]))
    if "value" in fault.params:
        holder[name] = fault.params["value"]
    else:
        holder.pop(name, None)
    return replace(answer, body=orjson.dumps(document))


def _spot(document: Any, way: str) -> tuple[Any, Any]:
    *parts, last = [int(part) if part.isdigit() else part for part in way.split(".")]
    for part in parts:
        document = document[part]
    return document, last


async def not_found_lag(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Say that the object is not there yet, as of any id nobody knows."""
    return legacy_not_found().answer


LEXWARE_PLAYS: dict[str, Play] = {
    **COMMON_PLAYS,
    **{
        play.__name__: play
        for play in (
            filter_ignored,
            search_refused,
            no_id,
            spoilt_field,
            not_found_lag,
        )
    },
}
