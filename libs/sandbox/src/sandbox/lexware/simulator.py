"""The Lexware Office simulator put together: its resources, the gateway in front and the demo data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.middleware import Middleware

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import Answer, Call, TrailingSlashes
from sandbox.lexware.access import Access
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.demo_data import (
    DEMO_API_KEY,
    DEMO_CLIENT,
    DEMO_CLIENT_SECRET,
    DEMO_ORGANIZATION,
    DEMO_REDIRECT_URI,
)
from sandbox.lexware.errors import gateway, regular
from sandbox.lexware.plays import LEXWARE_PLAYS
from sandbox.lexware.ratelimit import RateLimit
from sandbox.lexware.resources.categories import PostingCategories
from sandbox.lexware.resources.connections.oauth import Connections
from sandbox.lexware.resources.contacts.api import Contacts
from sandbox.lexware.resources.countries import Countries
from sandbox.lexware.resources.files.api import Files
from sandbox.lexware.resources.organizations.api import Organizations
from sandbox.lexware.resources.organizations.new import new_organization
from sandbox.lexware.resources.permalinks import Permalinks
from sandbox.lexware.resources.vouchers.api import Vouchers
from sandbox.lexware.resources.vouchers.listing import Voucherlist
from sandbox.lexware.switches import LexwareSwitches
from sandbox.misbehaviour import Play
from sandbox.resource import ApiRoute, Resource
from sandbox.store import Store
from sandbox.switches import Switches

_UNKNOWN = ApiRoute("/v1/{rest:path}", {})


class LexwareSimulator(Simulator[LexwareSwitches]):
    """Lexware Office with many organizations, as strict as the real one and as forgetful on request."""

    name: ClassVar[str] = "lexware"
    switches_type: ClassVar[type[Switches]] = LexwareSwitches
    plays: ClassVar[Mapping[str, Play]] = LEXWARE_PLAYS

    def __init__(self, settings: LexwareSwitches, store: Store, clock: Clock, faults: Faults) -> None:
        self.books = Books(store, clock, settings)
        self._access = Access(self.books)
        self._limit = RateLimit(settings, clock)
        super().__init__(settings, store, clock, faults)
        for route in self.routes():
            for scopes in route.scopes.values():
                self._access.offer(scopes)
        self.app = Starlette(routes=self.app.routes, middleware=[Middleware(TrailingSlashes)])

    def build_resources(self) -> Sequence[Resource]:
        """Return what the API and the web application serve, in the order the state shows it."""
        vouchers = Vouchers(self.books, lambda: self.base_url)
        return [
            Organizations(self.books, self._access),
            Connections(self.books, self._access, self._limit),
            vouchers,
            Voucherlist(self.books),
            Contacts(self.books, lambda: self.base_url),
            Files(self.books, vouchers, self.do_later),
            PostingCategories(),
            Countries(),
            Permalinks(self.books),
        ]

    def routes(self) -> list[ApiRoute]:
        """Return the routes of all resources, and the one for what nobody knows."""
        return [*super().routes(), _UNKNOWN]

    async def answer(self, call: Call, route: ApiRoute) -> Answer:
        """Answer as the base does; routes nobody knows are refused before anything else."""
        if route.template == _UNKNOWN.template:
            return gateway(404)
        answer = await super().answer(call, route)
        request_id = (b"x-amzn-requestid", new_id().encode())
        return replace(answer, headers=(*answer.headers, request_id))

    def gatekeep(self, call: Call, route: ApiRoute) -> Answer | None:
        """Check token, rate, contract, scope and content type in the order of the real gateway."""
        if route.is_open:
            return None
        scheme, _, token = call.header("authorization").partition(" ")
        connection = self._access.find(token.strip()) if scheme.lower() == "bearer" else None
        if connection is None:
            return gateway(401)
        if not self._limit.admit(connection["id"]):
            self.counters.rate_limited += 1
            return gateway(429)
        if self.books.organization(connection["organizationId"])["contractProblem"]:
            return gateway(402)
        if not all(scope in connection["scopes"] for scope in route.scopes.get(call.method, ())):
            return gateway(403)
        call.identity = connection
        return _content_type_refusal(call, route)

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """Return the gateway's message for a status."""
        return gateway(status)

    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """Return addresses and demo credentials."""
        return {
            "base_url": base_url,
            "app_url": base_url,
            "auth_url": base_url,
            "api_key": DEMO_API_KEY,
            "organization_id": DEMO_ORGANIZATION,
            "client_id": DEMO_CLIENT,
            "client_secret": DEMO_CLIENT_SECRET,
            "redirect_uri": DEMO_REDIRECT_URI,
            "control_url": f"{base_url}/_control",
        }

    def is_empty(self) -> bool:
        """Tell whether there is no organization yet."""
        return len(self.books.organizations) == 0

    def seed(self) -> None:
        """Make the demo organization with its key, and the demo OAuth client."""
        self.books.organizations.put(DEMO_ORGANIZATION, new_organization(DEMO_ORGANIZATION, {}))
        connection = self._access.connect(DEMO_ORGANIZATION, None, self._access.scopes)
        self._access.add_api_key(connection, DEMO_API_KEY)
        client = {
            "id": DEMO_CLIENT,
            "secret": DEMO_CLIENT_SECRET,
            "redirectUris": [DEMO_REDIRECT_URI],
            "scopes": self._access.scopes,
            "active": True,
        }
        self.books.clients.put(DEMO_CLIENT, client)

    def forget(self) -> None:
        """Drop indices, the past and the buckets."""
        self.books.reindex()
        self._limit.forget()


def _content_type_refusal(call: Call, route: ApiRoute) -> Answer | None:
    if call.method not in ("POST", "PUT") or route.takes_forms:
        return None
    content_type = call.header("content-type").partition(";")[0].strip().lower()
    if content_type == "application/json":
        return None
    return regular(415, call, f"Content type '{content_type}' not supported").answer
