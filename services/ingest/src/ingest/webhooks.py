"""The door for shop notifications: checked, kept as a command to ingest itself, then answered."""

from collections.abc import Callable
from uuid import UUID, uuid4

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from common.db.engine import Database
from common.db.secrets import SecretUnreadable
from common.db.trouble import DATABASE_TROUBLE, describe
from common.events.commands import FetchOrder
from common.events.topics import INGEST
from common.inbox.accept import accept
from common.observability import metrics
from common.observability.tracing import continued, current_headers
from common.shops.epages.webhooks import SIGNATURE_HEADER, Hint, MalformedHint, is_signed, read_hint
from common.transport.base import Incoming
from ingest.connections import CLIENT_SECRET, ShopConnection, ShopConnections

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
PROBLEMS = {
    400: ("bad_request", "The notification cannot be read"),
    401: ("bad_signature", "The signature does not belong to this address"),
    413: ("body_too_large", "The request body is larger than any notification"),
    503: ("database_unavailable", "The notification could not be kept, send it again"),
}


class BodyTooLarge(Exception):
    """The body is larger than any notification."""


class Webhooks:
    """Takes notifications of every connection; an unknown connection looks exactly like a bad signature."""

    def __init__(
        self, db: Database, shops: ShopConnections, wake_worker: Callable[[], None], largest_body: int
    ) -> None:
        self._db, self._shops, self._wake_worker = db, shops, wake_worker
        self._largest_body = largest_body
        self._nobodys_secret = SecretStr(uuid4().hex)

    def router(self) -> APIRouter:
        """The route of this door."""
        router = APIRouter(tags=["webhooks"])
        router.add_api_route(
            "/webhooks/epages/{connection_id}",
            self.receive,
            methods=["POST"],
            summary="Notification of an ePages shop",
            response_class=Response,
            responses={status: {"description": title} for status, (_, title) in PROBLEMS.items()},
        )
        return router

    async def receive(self, connection_id: str, request: Request) -> Response:
        """Answer 200 once the notification is kept or needs nothing; the order is read afterwards."""
        request_id = str(request.scope.get("request_id") or uuid4().hex)  # of the frame around us, if any
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            status = await self._received(connection_id, request)
        metrics.INGEST_WEBHOOKS.labels(str(status)).inc()
        return Response(status_code=200) if status == 200 else problem(status, request_id)

    async def _received(self, connection_id: str, request: Request) -> int:
        try:
            body = await read_body(request, self._largest_body)
        except BodyTooLarge:
            return 413
        except ClientDisconnect:
            return 400  # nobody is left to read it
        try:
            with continued("ingest.webhook", {}):
                return await self._take(connection_id, request.headers.get(SIGNATURE_HEADER, ""), body)
        except DATABASE_TROUBLE as trouble:
            log.warning("webhook.not_kept", error=describe(trouble))
            return 503

    async def _take(self, connection_id: str, signature: str, body: bytes) -> int:
        connection = await self._find(connection_id)
        secret = await self._secret(connection)
        if (
            not is_signed(secret or self._nobodys_secret, body, signature)
            or secret is None
            or connection is None
        ):
            log.info("webhook.refused", connection_id=connection_id[:64])
            return 401
        try:
            hint = read_hint(body, connection.api_url)
        except MalformedHint as malformed:
            log.warning("webhook.malformed", connection_id=connection_id, reason=str(malformed))
            return 400
        if hint.order_id is None:
            log.info("webhook.ignored", connection_id=connection_id, kind=hint.event_type[:40])
        else:
            await self._keep(connection, hint, hint.order_id)
        return 200

    async def _keep(self, connection: ShopConnection, hint: Hint, order_id: str) -> None:
        """Put the command into our inbox, once for any number of deliveries."""
        command = FetchOrder(
            tenant_id=connection.tenant_id,
            connection_id=connection.connection_id,
            command_id=hint.command_id(connection.connection_id),
            order_id=order_id,
        )
        incoming = Incoming(
            event_id=command.event_id,
            type=command.type,
            tenant_id=command.tenant_id,
            ordering_key=command.ordering_key,
            lane=command.lane,
            payload=command.model_dump_json().encode(),
            headers={**command.headers(), **current_headers()},
        )
        async with self._db.sessions.of(connection.tenant_id) as session:
            await accept(session, INGEST, [incoming])
        self._wake_worker()

    async def _find(self, connection_id: str) -> ShopConnection | None:
        try:
            known = UUID(connection_id)
        except ValueError:
            known = uuid4()  # asks the database all the same, so that both cases take as long
        return await self._shops.find(known)

    async def _secret(self, connection: ShopConnection | None) -> SecretStr | None:
        if connection is None:
            await self._shops.no_secret()
            return None
        try:
            return await self._shops.secret(connection, CLIENT_SECRET)
        except SecretUnreadable:
            log.error("webhook.secret_unreadable", connection_id=str(connection.connection_id))
            return None


async def read_body(request: Request, largest: int) -> bytes:
    """Read the raw body; raises `BodyTooLarge` as soon as it is known to be."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > largest:
        raise BodyTooLarge
    chunks, size = list[bytes](), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def problem(status: int, request_id: str) -> JSONResponse:
    """An RFC 9457 answer; it says nothing about who is known here."""
    code, title = PROBLEMS[status]
    content = {"type": f"/problems/{code}", "title": title, "status": status, "code": code}
    return JSONResponse(
        {**content, "request_id": request_id},
        status_code=status,
        headers={"X-Request-Id": request_id},
        media_type=PROBLEM_JSON,
    )
