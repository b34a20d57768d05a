"""Turns whatever a request runs into into a problem answer."""

import traceback
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.problems.body import BodyTooLarge, TooManyLargeBodies, UnsupportedMediaType
from api.problems.problem import PROBLEM_JSON, Problem
from api.problems.requests import (
    BadRequest,
    Conflict,
    DatabaseUnavailable,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Unauthenticated,
)
from api.validation.wording import in_words, operation_of

BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
    422: InvalidRequest,
    503: TooManyLargeBodies,  # raised while a body is received
}

UNREACHABLE: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    OSError,
    asyncpg.PostgresConnectionError,  # raised as they are while connecting
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)

log = structlog.get_logger(__name__)


def answer_problems(app: FastAPI) -> None:
    """Answer every failure inside the app's routes as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _conflict)
    for unreachable in UNREACHABLE:
        app.add_exception_handler(unreachable, _database)


def answer(problem: Problem, request_id: str) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(
        problem.body(request_id), status_code=problem.status, headers=problem.headers, media_type=PROBLEM_JSON
    )


def unexpected(error: Exception, request_id: str) -> JSONResponse:
    """The answer to an error nobody expected; the log gets where it came from, never what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    log.error("api.request_failed", error=type(error).__name__, where=where)
    return answer(InternalError(), request_id)


def request_id_of(request: Request) -> str:
    """The id the frame around the app gave this request."""
    return str(request.scope.get("request_id", ""))


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer(error, request_id_of(request))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if not _says_json(request) and any(found["loc"] == ("body",) for found in error.errors()):
        return answer(UnsupportedMediaType(), request_id_of(request))
    operation = operation_of(request)
    errors = [in_words(found, operation) for found in error.errors()]
    return answer(InvalidRequest(errors=errors), request_id_of(request))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = BY_STATUS.get(error.status_code, BadRequest if error.status_code < 500 else InternalError)
    headers = dict(error.headers or {})
    if kind is MethodNotAllowed:
        headers |= _allowed(request)
    return answer(kind(headers=headers), request_id_of(request))


def _says_json(request: Request) -> bool:
    """Whether a body that came is said to be JSON; no body is told from one by its length."""
    is_empty = (
        request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        is_empty or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    )


def _allowed(request: Request) -> dict[str, str]:
    """Every method of the address, also where each has a route of its own; none if it is not described."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    here = [methods for path, methods in paths.items() if compile_path(path)[0].match(request.url.path)]
    names = sorted({method.upper() for methods in here for method in methods})
    return {"Allow": ", ".join(names)} if names else {}


async def _conflict(request: Request, error: Exception) -> JSONResponse:
    log.warning("api.write_conflicted", error=type(error).__name__)
    return answer(Conflict(), request_id_of(request))


async def _database(request: Request, error: Exception) -> JSONResponse:
    log.error("api.database_unavailable", error=type(error).__name__)
    return answer(DatabaseUnavailable(headers={"Retry-After": "5"}), request_id_of(request))
