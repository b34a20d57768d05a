"""The operations behind a token, read from the description, with a request that fits each."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from api.app import create_app
from api.settings import Settings
from common.db.engine import open_database
from integration.api.harness import Api, FakeChecks, Tenant, shop_body
from integration.api.rows import TWINS

ALL, EDITORS, OPERATORS = "operator merchant adviser", "operator merchant", "operator"
ALLOWED = {
    "list_documents": ALL,
    "list_parked": ALL,
    "list_reasons": ALL,
    "list_rules": ALL,
    "list_alarm_kinds": ALL,
    "retry_parked": EDITORS,
    "get_command": ALL,
    "get_document": ALL,
    "get_document_file": ALL,
    "get_document_einvoice": ALL,
    "get_document_vat_check": ALL,
    "get_document_vat_proof": ALL,
    "retry_document": EDITORS,
    "resolve_document": EDITORS,
    "exclude_document": EDITORS,
    "include_document": EDITORS,
    "confirm_document_date": EDITORS,
    "attach_document_file": EDITORS,
    "accept_einvoice_difference": EDITORS,
    "accept_einvoice_differences": EDITORS,
    "get_status": ALL,
    "list_alarms": ALL,
    "see_alarm": EDITORS,
    "list_duplicates": ALL,
    "repair_duplicate": EDITORS,
    "adopt_matching": EDITORS,
    "list_audit": ALL,
    "list_dead_letters": ALL,
    "get_dead_letter": ALL,
    "replay_dead_letter": OPERATORS,
    "discard_dead_letter": OPERATORS,
    "create_connection": EDITORS,
    "list_connections": ALL,
    "get_connection": ALL,
    "list_gaps": ALL,
    "disable_connection": EDITORS,
    "enable_connection": EDITORS,
    "release_connection": OPERATORS,
    "confirm_organization": EDITORS,
    "fetch_connection": EDITORS,
    "create_tenant": OPERATORS,
    "list_tenants": ALL,
    "get_tenant": ALL,
    "get_settings": ALL,
    "save_settings": EDITORS,
    "change_settings": EDITORS,
    "pause_tenant": EDITORS,
    "list_categories": ALL,
    "resume_tenant": EDITORS,
    "list_settings_versions": ALL,
    "get_settings_version": ALL,
    "restore_settings": EDITORS,
    "create_token": EDITORS,
    "list_tokens": EDITORS,
    "revoke_token": EDITORS,
}
BODIES: dict[str, Any] = {
    "retry_parked": {},
    "resolve_document": {"action": "book"},
    "exclude_document": {"because": "a test order"},
    "include_document": {},
    "repair_duplicate": {"deleted": [TWINS[1]]},
    "confirm_document_date": {"issued_on": "2018-11-05"},
    "accept_einvoice_difference": {"because": "The e-invoice is right."},
    "accept_einvoice_differences": {"because": "The e-invoices are right."},
    "create_connection": shop_body(None, "New"),
    "release_connection": {"reason": "The merchant moved."},
    "create_tenant": {"name": "New"},
    "save_settings": {"values": {}},
    "change_settings": {"values": {}},
    "create_token": {"name": "New", "role": "adviser"},
}
CONDITIONAL = {"save_settings", "change_settings"}
NEEDS_TENANT = {"retry_parked", "accept_einvoice_differences", "create_connection", "create_token"}


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str

    @property
    def names_something(self) -> bool:
        """Whether the address holds an id."""
        return "_id}" in self.path

    async def send(
        self,
        api: Api,
        target: Tenant | None,
        token: dict[str, str],
        *,
        tenant_in_body: bool | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request that fits, about the things of `target`; operators name the tenant in the body."""
        body = BODIES.get(self.id)
        naming = token == api.operator if tenant_in_body is None else tenant_in_body
        if body is not None and self.id in NEEDS_TENANT and naming and target:
            body = {**body, "tenant_id": str(target.tenant_id)}
        headers = token | ({"If-Match": "*"} if self.id in CONDITIONAL else {})
        return await api.client.request(
            self.method, self.address(target), json=body, headers=headers, params=params
        )

    def address(self, target: Tenant | None) -> str:
        """The address with ids of things of the target, or of nothing."""
        names = ("tenant_id", "document_id", "dead_letter_id", "token_id", "command_id", "alarm_id")
        values = {name: getattr(target, name) if target else uuid4() for name in names}
        values |= {"connection_id": target.shop_id if target else uuid4(), "number": 1}
        values["reason"] = "number_taken_in_books"
        return self.path.format(**values)


def operations_of(settings: Settings) -> list[Operation]:
    """Every operation that needs a token."""
    app = create_app(settings, open_database(settings.database), FakeChecks())
    return [
        Operation(about["operationId"], method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method, about in methods.items()
        if about["security"]
    ]
