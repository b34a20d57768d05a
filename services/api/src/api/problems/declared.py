"""What a route declares about its problems, and the list of all kinds."""

from typing import Any

from api.problems.problem import PROBLEM_JSON, Problem
from api.problems.requests import (
    BadRequest,
    DatabaseUnavailable,
    Forbidden,
    InternalError,
    InvalidRequest,
    Unauthenticated,
)

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
ALWAYS: tuple[type[Problem], ...] = (BadRequest, InternalError, DatabaseUnavailable)
BEHIND_TOKEN: tuple[type[Problem], ...] = (Unauthenticated, Forbidden, InvalidRequest)


def kinds() -> dict[str, type[Problem]]:
    """Every problem this interface can answer with, by code."""
    return {kind.code: kind for kind in Problem.__subclasses__()}


def problems(*declared: type[Problem], token: bool = True) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its `responses`; what every route can answer is added."""
    wanted = dict.fromkeys((*declared, *(BEHIND_TOKEN if token else ()), *ALWAYS))
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in sorted(wanted, key=lambda kind: (kind.status, kind.code)):
        answer = responses.setdefault(
            kind.status,
            {"description": "", "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA, "examples": {}}}},
        )
        answer["description"] = "; ".join(filter(None, (answer["description"], kind.title)))
        answer["content"][PROBLEM_JSON]["examples"][kind.code] = {"value": kind().body("9f2c7f0e5f6a4b7d")}
    return responses
