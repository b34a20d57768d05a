"""People accept that e-invoices differ, one by one or all of a cause, and it is on record who did and why."""

from typing import Any
from uuid import UUID

import pytest

from common.db.models.core import AuditRow
from common.events.commands import AcceptEInvoiceDifference, AcceptEInvoiceDifferences
from integration.api.harness import Api, Tenant

DOCUMENTS, ALL = "/api/v1/documents", "/api/v1/parked/einvoice_differs/accept"
WHY = {"because": "the shop rounds"}
SEEN = {"tax_total": {"einvoice": "9.97 EUR", "voucher": "7.97 EUR"}}
DIFFERS: dict[str, Any] = {
    "status": "parked",
    "reason": "einvoice_differs",
    "params": {"differences": SEEN, "differs": "tax_total"},
}


async def document(api: Api, outcome: dict[str, Any] | None, shop: str = "ShopA") -> UUID:
    """A document that stands like this, of a tenant of its own."""
    tenant_id = await api.tenant()
    shop_id = UUID((await api.shop(tenant_id, shop))["id"])
    return await api.document(tenant_id, shop_id, "Z", outcome=outcome)


async def test_accepting_names_what_was_seen_and_why(api: Api) -> None:
    document_id = await document(api, DIFFERS)
    answer = await api.post(f"{DOCUMENTS}/{document_id}/accept-einvoice-difference", WHY)
    assert answer.status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, AcceptEInvoiceDifference)
    assert (command.document_id, command.differences, command.because) == (document_id, SEEN, WHY["because"])
    noted = (await api.rows(AuditRow))[-1]
    assert noted.action == "document.einvoice_difference_accepted"
    assert noted.details == {"document_id": str(document_id), "differences": SEEN, **WHY}


@pytest.mark.parametrize(
    "outcome",
    [
        {"status": "parked", "reason": "not_euro"},
        {"status": "booked", "voucher_id": "v-1", "how": "written"},
        None,
    ],
)
async def test_where_nothing_differs_nothing_is_accepted(api: Api, outcome: dict[str, Any] | None) -> None:
    path = f"{DOCUMENTS}/{await document(api, outcome)}/accept-einvoice-difference"
    answer = await api.post(path, WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_differs")


@pytest.mark.parametrize("because", [None, "", "  "])
async def test_a_difference_is_accepted_for_a_reason_only(api: Api, because: str | None) -> None:
    path = f"{DOCUMENTS}/{await document(api, DIFFERS)}/accept-einvoice-difference"
    assert (await api.post(path, {"because": because})).status_code == 422


async def test_all_of_a_cause_are_accepted_by_one_command(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    before = len(await api.commands())
    body = {**WHY, "about": {"differs": "tax_total"}}
    answers = [await api.post(ALL, body, tenant.merchant, key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    [command] = (await api.commands())[before:]
    assert isinstance(command, AcceptEInvoiceDifferences)
    assert (command.tenant_id, command.about, command.because) == (
        tenant.tenant_id,
        {"differs": "tax_total"},
        WHY["because"],
    )
    assert command.asked_id == command.command_id
    assert [row.action for row in await api.rows(AuditRow)][-1] == "parked.einvoice_differences_accepted"


async def test_advisers_and_operators_without_a_tenant_accept_nothing(
    api: Api, populated: list[Tenant]
) -> None:
    assert (await api.post(ALL, WHY, populated[0].adviser)).status_code == 403
    assert (await api.post(ALL, WHY)).status_code == 422


async def test_parked_documents_are_grouped_by_what_differs(api: Api) -> None:
    await document(api, DIFFERS)
    await document(api, {**DIFFERS, "params": {"differences": {}, "differs": "grand_total"}}, "ShopB")
    groups = (await api.get("/api/v1/parked")).json()["groups"]
    assert sorted(group["about"]["differs"] for group in groups) == ["grand_total", "tax_total"]
