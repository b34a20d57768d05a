"""A validation error as we tell it: which field, what is wrong, what was expected; no value is quoted."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from fastapi import Request
from pydantic_core.core_schema import ErrorType

from api.validation.expected import Schema, expected, listed
from api.validation.places import Operation, RequestPart

OF_PYDANTIC = frozenset(get_args(ErrorType))


def operation_of(request: Request) -> Operation:
    """What the description says of the operation that was asked for."""
    description: dict[str, Any] = request.app.openapi()
    models: Mapping[str, Schema] = description.get("components", {}).get("schemas", {})
    route = request.scope.get("route")
    methods = description["paths"].get(getattr(route, "path_format", ""), {})
    return Operation(methods.get(request.method.lower(), {}), models)


def in_words(found: Mapping[str, Any], operation: Operation) -> dict[str, str]:
    """The error as one of `errors` of a problem."""
    kind = str(found["type"])
    place = operation.place([part for part in found["loc"] if part != "[key]"])
    return {"pointer": place.pointer, "code": kind, "message": _said(kind, found, place, operation.models)}


def _said(kind: str, found: Mapping[str, Any], place: RequestPart, models: Mapping[str, Schema]) -> str:
    if kind not in OF_PYDANTIC:
        return str(found["msg"])  # a sentence of ours
    if kind == "json_invalid":
        return "The body is no JSON document."
    if kind == "extra_forbidden":
        return _unknown(place)
    what = "is missing" if kind == "missing" else "does not fit"
    wanted = f"; expected {expected(place.schema, models)}" if place.schema else ""
    return f"{_named(place)} {what}{wanted}."


def _unknown(place: RequestPart) -> str:
    what = "a setting" if place.is_setting else "known here"
    last = place.label.rpartition(".")[2]
    near = get_close_matches(last, place.names, 1, cutoff=0.75)
    if near:
        wanted = f"; did you mean `{near[0]}`?"
    else:
        wanted = listed(list(place.names), "; expected one of ") + "." if place.names else "."
    return f"{_named(place)} is not {what}{wanted}"


def _named(place: RequestPart) -> str:
    return place.label.capitalize() if place.label.startswith("the ") else f"`{place.label}`"
