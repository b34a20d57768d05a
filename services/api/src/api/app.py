"""Builds the api: its web application, its relay and what they need."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI

from api.access import hash_token
from api.connections import DoubleLinkWatch
from api.deps import Deps, each_parameter_once
from api.housekeeping import Housekeeper
from api.http import CursorSeal, Frame, WebServer, description
from api.problems import (
    answer_problems,
)
from api.routes import (
    connections,
    documents,
    duplicates,
    einvoice_differences,
    evidence,
    exclusions,
    operations,
    parked,
    reference,
    root,
    tenants,
    tokens,
)
from api.routes.settings import router as settings_router
from api.settings import ClusterSettings, Settings
from api.upstream import ConnectionChecks, UpstreamChecks
from common.db.engine import Database
from common.db.probes import needs_of
from common.db.secrets import Secrets
from common.events.topics import API
from common.http.transport import Network
from common.inbox.housekeeping import Housekeeping
from common.lexware.connect import LexwareClients
from common.observability.routes import ops_router
from common.outbox.relay import Relay
from common.runtime import Component, ServiceApp
from common.transport.base import Publishes

__all__ = ["ClusterSettings", "Settings", "build", "create_app"]

VERSION = "1.0.0"
API_ROUTERS = (
    documents.router,
    einvoice_differences.router,
    exclusions.router,
    evidence.router,
    parked.router,
    operations.router,
    duplicates.router,
    connections.router,
    tenants.router,
    settings_router,
    tokens.router,
)
OPEN_ROUTERS = (root.router, reference.router)


def build(
    settings: Settings,
    db: Database,
    transport: Publishes,
    network: Network,
    *,
    routers: Sequence[APIRouter] = (),
) -> ServiceApp:
    """The api on this database and transport; `routers` of others are served on its port too."""
    books = LexwareClients(db, Secrets(settings.encryption_keys), settings.lexware, network)
    relay = Relay(db, API, transport, settings.relay)
    needs = needs_of(db, API, Secrets(settings.encryption_keys))
    parts = {"relay": relay.check}
    stopping = asyncio.Event()
    ops = ops_router(needs, parts, [relay], stopping)
    app = create_app(
        settings, db, UpstreamChecks(network.guarded(settings.hosts), books), routers=(ops, *routers)
    )
    web = WebServer(app, settings.host, settings.port, stopping, settings.door)
    components: list[Component] = [web, relay, Housekeeper(db), Housekeeping(db, API), DoubleLinkWatch(db)]
    return ServiceApp(name=API, components=components, needs=needs, parts=parts)


def create_app(
    settings: Settings, db: Database, checks: ConnectionChecks, *, routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """The web application; `routers` are mounted beside its own."""
    app = FastAPI(title=description.TITLE, version=VERSION, docs_url=None, redoc_url=None)
    app.state.deps = Deps(
        settings=settings,
        db=db,
        secrets=Secrets(settings.encryption_keys),
        cursors=CursorSeal(settings.encryption_keys),
        checks=checks,
        admin_hash=hash_token(settings.admin_token) if settings.admin_token else None,
    )
    answer_problems(app)
    app.add_middleware(Frame)
    for router in API_ROUTERS:
        app.include_router(router, dependencies=[Depends(each_parameter_once)])
    for router in (*OPEN_ROUTERS, *routers):
        app.include_router(router)
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]
    return app
