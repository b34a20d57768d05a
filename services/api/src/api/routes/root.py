"""Where things are, how the process is, and what problem codes mean."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.problems import (
    InvalidRequest,
    NotFound,
    kinds,
    problems,
)
from api.schemas.base import NO_NUL, Read

router = APIRouter(tags=["service"])


class Directory(Read):
    """Where things are."""

    name: str
    docs: str = Field(examples=["/docs"])
    openapi: str = Field(examples=["/openapi.json"])
    api: str = Field(examples=["/api/v1"])
    health: str = Field(examples=["/healthz"])
    ready: str = Field(examples=["/readyz"])
    metrics: str = Field(examples=["/metrics"])


class ProblemKind(Read):
    """A kind of problem in words."""

    type: str
    status: int
    title: str
    about: str


@router.get("/", responses=problems(token=False), operation_id="get_directory")
async def read_directory() -> Directory:
    """Where the description of this interface is, and what else there is."""
    return Directory(
        name="shopbooks",
        docs="/docs",
        openapi="/openapi.json",
        api="/api/v1",
        health="/healthz",
        ready="/readyz",
        metrics="/metrics",
    )


@router.get(
    "/problems/{code}",
    responses=problems(NotFound, InvalidRequest, token=False),
    operation_id="get_problem_kind",
)
async def read_problem_kind(code: Annotated[str, Path(max_length=64, pattern=NO_NUL)]) -> ProblemKind:
    """What a problem's `type` means."""
    kind = kinds().get(code)
    if kind is None:
        raise NotFound
    return ProblemKind(
        type=f"/problems/{code}", status=kind.status, title=kind.title, about=kind.__doc__ or ""
    )
