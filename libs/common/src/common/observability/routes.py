"""/healthz, /readyz and /metrics of a process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.observability.health import Beating, NotReady

CHECK_SECONDS = 3.0

Check = Callable[[], Awaitable[None]]


def ops_router(checks: Mapping[str, Check], components: Sequence[object], stop: asyncio.Event) -> APIRouter:
    """The routes that operators and the platform ask; none of them needs a login or tells a secret."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        """Say that the event loop turns and no component has fallen silent."""
        silent = [
            getattr(part, "name", "?")
            for part in components
            if isinstance(part, Beating) and part.heartbeat.stopped
        ]
        return JSONResponse({"alive": not silent, "silent": silent}, status_code=503 if silent else 200)

    @router.get("/readyz")
    async def readyz() -> Response:
        """Say whether everything this process needs answers."""
        answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
        results = dict(zip(checks, answers, strict=True))
        ready = not stop.is_set() and all(answer == "ok" for answer in answers)
        body = {"ready": ready, "stopping": stop.is_set(), "checks": results}
        return JSONResponse(body, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Every metric in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except NotReady as reason:
        return str(reason)
    except Exception as error:  # noqa: BLE001 - whatever a check raises means not ready, and must not break the others
        return type(error).__name__
    return "ok"
