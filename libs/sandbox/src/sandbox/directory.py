"""The page that tells clients where the simulators are and with which demo credentials they can be used."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.base import Simulator


def directory_app(simulators: Callable[[], list[Simulator[Any]]]) -> Starlette:
    """Return the application of the directory; every simulator describes itself."""

    async def show(request: Request) -> JSONResponse:
        entries = {one.name: one.directory_entry(one.base_url) for one in simulators()}
        return JSONResponse({"simulators": entries})

    return Starlette(routes=[Route("/", show, methods=["GET"])])
