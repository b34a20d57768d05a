"""The Lexware Office simulator put together: routes, scopes, the gateway in front, demo data and state."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import Answer, Call, Handler, TrailingSlashes
from sandbox.lexware.access import ALL_SCOPES, Access
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.control.calls import LexwareControl
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
from sandbox.lexware.resources.categories import all_categories
from sandbox.lexware.resources.contacts import Contacts
from sandbox.lexware.resources.countries import COUNTRIES
from sandbox.lexware.resources.files import Files
from sandbox.lexware.resources.oauth import OAuth
from sandbox.lexware.resources.organization import OrganizationResources, new_organization
from sandbox.lexware.resources.permalinks import Permalinks
from sandbox.lexware.resources.voucherlist import Voucherlist
from sandbox.lexware.resources.vouchers import Vouchers, changed
from sandbox.lexware.switches import LexwareSwitches
from sandbox.lexware.views import contact_view, voucher_view
from sandbox.misbehaviour import Play
from sandbox.settings import Switches
from sandbox.store import Document, Store

_SCOPES = {
    "POST /v1/vouchers": ("vouchers.write",),
    "GET /v1/vouchers": ("vouchers.read",),
    "GET /v1/vouchers/{id}": ("vouchers.read",),
    "PUT /v1/vouchers/{id}": ("vouchers.write",),
    "POST /v1/vouchers/{id}/files": ("vouchers.write", "files.write"),
    "GET /v1/voucherlist": ("voucherlist.read",),
    "POST /v1/contacts": ("contacts.write",),
    "GET /v1/contacts": ("contacts.read",),
    "GET /v1/contacts/{id}": ("contacts.read",),
    "PUT /v1/contacts/{id}": ("contacts.write",),
    "POST /v1/files": ("files.write",),
    "GET /v1/files/{id}": ("files.read",),
    "GET /v1/files/{id}/status": ("files.status",),
    "GET /v1/payments/{id}": ("payments.read",),
    "GET /v1/profile": ("profile.read",),
    "GET /v1/organization": ("organization.read",),
}

_OCR_SECONDS = 5.0


class LexwareSimulator(Simulator[LexwareSwitches]):
    """Lexware Office with many organizations, as strict as the real one and as forgetful on request."""

    name: ClassVar[str] = "lexware"
    switches_type: ClassVar[type[Switches]] = LexwareSwitches
    plays: ClassVar[Mapping[str, Play]] = LEXWARE_PLAYS

    def __init__(self, settings: LexwareSwitches, store: Store, clock: Clock, faults: Faults) -> None:
        self._books = Books(store, clock, settings)
        self._access = Access(self._books)
        self._limit = RateLimit(settings, clock)
        self._oauth = OAuth(self._books, self._access)
        self._vouchers = Vouchers(self._books, self._url)
        self._contacts = Contacts(self._books, self._url)
        self._files = Files(self._books, self._vouchers)
        self._control = LexwareControl(self._books, self._access, self._oauth, self._contacts, store.flush)
        self._categories = orjson.dumps([category.as_json() for category in all_categories().values()])
        self._countries = orjson.dumps(COUNTRIES)
        super().__init__(settings, store, clock, faults)
        self.app = Starlette(routes=self.app.routes, middleware=[Middleware(TrailingSlashes)])

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the API and of the web application."""
        vouchers, contacts, files = self._vouchers, self._contacts, self._files
        organization, links = OrganizationResources(self._books), Permalinks(self._books)
        return [
            self.route("/v1/vouchers", GET=vouchers.filter_by_number, POST=vouchers.create),
            self.route("/v1/vouchers/{id}", GET=vouchers.read, PUT=vouchers.update),
            self.route("/v1/vouchers/{id}/files", POST=files.attach),
            self.route("/v1/voucherlist", GET=Voucherlist(self._books).search),
            self.route("/v1/contacts", GET=contacts.search, POST=contacts.create),
            self.route("/v1/contacts/{id}", GET=contacts.read, PUT=contacts.update),
            self.route("/v1/files", POST=self._receive_file),
            self.route("/v1/files/{id}", GET=files.download),
            self.route("/v1/files/{id}/status", GET=files.status),
            self.route("/v1/payments/{id}", GET=organization.payments),
            self.route("/v1/profile", GET=organization.profile),
            self.route("/v1/organization", GET=organization.master_data),
            self.route("/v1/ping", GET=organization.ping),
            self.route("/v1/posting-categories", GET=lambda call: Answer(200, self._categories)),
            self.route("/v1/countries", GET=lambda call: Answer(200, self._countries)),
            self.route("/oauth2/authorize", GET=self._oauth.authorize),
            self.route("/oauth2/token", POST=self._oauth.token),
            self.route("/oauth2/revoke", POST=self._oauth.revoke),
            self.route("/permalink/vouchers/view/{id}", GET=links.voucher),
            self.route("/permalink/vouchers/edit/{id}", GET=links.voucher),
            self.route("/permalink/contacts/view/{id}", GET=links.contact),
            self.route("/v1/{rest:path}"),
        ]

    def control_routes(self) -> list[BaseRoute]:
        """Return the control calls beside the common ones."""
        orders = self._control
        return [
            self.control("/_control/organizations", POST=orders.add_organization),
            self.control("/_control/organizations/{id}", POST=orders.change_organization),
            self.control("/_control/api-keys", POST=orders.add_api_key),
            self.control("/_control/oauth-clients", POST=orders.add_client),
            self.control("/_control/oauth-grants", POST=orders.add_grant),
            self.control("/_control/revoke", POST=orders.revoke),
            self.control("/_control/expire-access-token", POST=orders.expire_access_token),
            self.control("/_control/contacts", POST=orders.add_contact),
            self.control("/_control/contacts/{id}", POST=orders.edit_contact, DELETE=orders.delete_contact),
            self.control("/_control/vouchers", POST=orders.add_voucher),
            self.control("/_control/vouchers/{id}", POST=orders.edit_voucher, DELETE=orders.delete_voucher),
            self.control("/_control/vouchers/{id}/pay", POST=orders.pay_voucher),
        ]

    async def answer(self, call: Call, handler: Handler | None) -> Answer:
        """Answer as the base does; routes nobody knows are refused before anything else."""
        if call.template == "/v1/{rest:path}":
            return gateway(404)
        answer = await super().answer(call, handler)
        request_id = (b"x-amzn-requestid", new_id().encode())
        return replace(answer, headers=(*answer.headers, request_id))

    def gatekeep(self, call: Call) -> Answer | None:
        """Check token, rate, contract, scope and content type in the order of the real gateway."""
        if not call.template.startswith("/v1/"):
            return None
        scheme, _, token = call.header("authorization").partition(" ")
        connection = self._access.find(token.strip()) if scheme.lower() == "bearer" else None
        if connection is None:
            return gateway(401)
        if not self._limit.admit(connection["id"]):
            self.counters.rate_limited += 1
            return gateway(429)
        if self._books.organization(connection["organizationId"])["contractProblem"]:
            return gateway(402)
        needed = _SCOPES.get(f"{call.method} {call.template}", ())
        if not all(scope in connection["scopes"] for scope in needed):
            return gateway(403)
        call.identity = connection
        return _content_type_refusal(call)

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """Return the gateway's message for a status."""
        return gateway(status)

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return all documents, or those of `organization_id`; `only` names the parts that are wanted."""
        organization_id, only = query.get("organization_id"), query.get("only")

        def mine(documents: list[Document], key: str = "organizationId") -> list[Document]:
            return [one for one in documents if organization_id in (None, one[key])]

        parts: dict[str, Callable[[], list[Document]]] = {
            "organizations": lambda: mine(self._books.organizations.values(), "id"),
            "connections": lambda: [
                self._connection_state(one) for one in mine(self._books.connections.values())
            ],
            "vouchers": lambda: [self._voucher_state(one) for one in mine(self._books.vouchers.values())],
            "contacts": lambda: [contact_view(one) for one in mine(self._books.contacts.values())],
            "files": lambda: mine(self._books.files.values()),
        }
        wanted = parts if only is None else only.split(",")
        return {name: part() for name, part in parts.items() if name in wanted}

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
        return len(self._books.organizations) == 0

    def seed(self) -> None:
        """Make the demo organization with its key, and the demo OAuth client."""
        self._books.organizations.put(DEMO_ORGANIZATION, new_organization(DEMO_ORGANIZATION, {}))
        self._access.add_api_key(self._access.connect(DEMO_ORGANIZATION, None, ALL_SCOPES), DEMO_API_KEY)
        client = {
            "id": DEMO_CLIENT,
            "secret": DEMO_CLIENT_SECRET,
            "redirectUris": [DEMO_REDIRECT_URI],
            "scopes": list(ALL_SCOPES),
            "active": True,
        }
        self._books.clients.put(DEMO_CLIENT, client)

    def forget(self) -> None:
        """Drop indices, the past and the buckets."""
        self._books.reindex()
        self._limit.forget()

    async def startup(self) -> None:
        """Take over the store; receipts whose reading was interrupted are read now."""
        await super().startup()
        for voucher in self._books.vouchers.values():
            if voucher["voucherStatus"] == "blank":
                self._finish_reading(voucher["id"])

    def _url(self) -> str:
        return self.base_url

    def _receive_file(self, call: Call) -> Answer:
        answer = self._files.receive(call)
        if "read_later" in call.notes:
            self.spawn(self._read_receipt(call.notes["read_later"]))
        return answer

    async def _read_receipt(self, voucher_id: str) -> None:
        await self.clock.sleep(_OCR_SECONDS)
        self._finish_reading(voucher_id)

    def _finish_reading(self, voucher_id: str) -> None:
        voucher = self._books.vouchers.current(voucher_id)
        if voucher is not None:
            changed(self._books, voucher, {"voucherStatus": "unchecked"})
            self.store.flush()

    def _voucher_state(self, voucher: Document) -> Document:
        contact_id = voucher["contactId"]
        return voucher_view(voucher, None if contact_id is None else self._books.contacts.current(contact_id))

    def _connection_state(self, connection: Document) -> Document:
        return {**connection, **self._limit.observed(connection["id"])}


def _content_type_refusal(call: Call) -> Answer | None:
    if call.method not in ("POST", "PUT") or call.template.endswith("/files"):
        return None
    content_type = call.header("content-type").partition(";")[0].strip().lower()
    if content_type == "application/json":
        return None
    return regular(415, call, f"Content type '{content_type}' not supported").answer
