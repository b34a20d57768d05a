"""/healthz, /readyz and /metrics of a process."""

import asyncio
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.observability.health import Beating, Check, CheckStates


def ops_router(
    needs: Mapping[str, Check], parts: Mapping[str, Check], components: Sequence[object], stop: asyncio.Event
) -> APIRouter:
    """The routes that operators and the platform ask; none of them needs a login or tells a secret.

    Without one of its `needs` a process can do none of its work; a part that fails is only shown.
    """
    router = APIRouter(include_in_schema=False)
    needed, shown = CheckStates(needs), CheckStates(parts)

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
        """Say whether this process can do some of its work.

        It cannot while a need has never held, or has failed at every question for a minute.
        """
        answers, parts_now = await asyncio.gather(needed.ask(), shown.ask())
        missing = sorted({*needed.failing(), *needed.never_held()})
        ready = not stop.is_set() and not missing
        body = {"ready": ready, "stopping": stop.is_set(), "missing": missing, "checks": answers | parts_now}
        return JSONResponse(body, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Show every metric in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
