"""A person excludes open documents with a reason, and takes them in again."""

from uuid import UUID

import pytest

from common.db.models.core import AuditRow
from common.events.commands import ConfirmIssueDate, ExcludeDocument, IncludeDocument
from integration.api.harness import Api, Tenant

PATH = "/api/v1/documents"
WHY = {"because": "a test order"}


async def test_excluding_becomes_a_command_and_a_line_of_the_audit_log(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    answer = await api.post(f"{PATH}/{tenant.document_id}/exclude", WHY, tenant.merchant)
    assert answer.status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, ExcludeDocument)
    assert (command.document_id, command.because) == (tenant.document_id, "a test order")
    [noted] = [row for row in await api.rows(AuditRow) if row.action == "document.excluded"]
    assert noted.details["because"] == "a test order"


@pytest.mark.parametrize("because", [None, "", "   "])
async def test_a_document_is_excluded_for_a_reason_only(
    api: Api, populated: list[Tenant], because: str | None
) -> None:
    answer = await api.post(f"{PATH}/{populated[0].document_id}/exclude", {"because": because})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


BOOKED = {"status": "booked", "voucher_id": "v-1", "how": "written"}


@pytest.mark.parametrize("outcome", [BOOKED, {"status": "excluded", "reason": "tag"}, None])
async def test_what_is_booked_excluded_or_in_line_is_not_excluded(
    api: Api, outcome: dict[str, str] | None
) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    document_id = await api.document(tenant_id, connection_id, "Z", outcome=outcome)
    answer = await api.post(f"{PATH}/{document_id}/exclude", WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_open")


async def test_only_what_a_person_excluded_is_taken_in_again(api: Api) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    by_person = {"status": "excluded", "reason": "excluded_by_person"}
    by_rule = {"status": "excluded", "reason": "tag"}
    ours = await api.document(tenant_id, connection_id, "X", outcome=by_person)
    other = await api.document(tenant_id, connection_id, "Y", outcome=by_rule)
    assert (await api.post(f"{PATH}/{ours}/include", {"because": "a mistake"})).status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, IncludeDocument) and command.because == "a mistake"
    refused = await api.post(f"{PATH}/{other}/include", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_excluded")


async def test_a_misspelt_rule_about_zero_rates_is_refused(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    rule = {"name": "Solar", "skus": "PV-1", "category_id": "8f8664a1-fd86-11e1-a21f-0800200c9a66"}
    path = f"/api/v1/tenants/{tenant.tenant_id}/settings"
    answer = await api.put(path, {"values": {"zero_rates": [rule]}, "version": 1}, tenant.merchant)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "extra_forbidden")


async def test_a_date_is_confirmed_only_where_it_is_asked_for(api: Api) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    asked = {"status": "parked", "reason": "issue_date_missing"}
    document_id = await api.document(tenant_id, connection_id, "D", outcome=asked)
    other = await api.document(
        tenant_id, connection_id, "E", outcome={"status": "parked", "reason": "not_euro"}
    )
    said = {"issued_on": "2018-11-05"}
    assert (await api.post(f"{PATH}/{document_id}/confirm-date", said)).status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, ConfirmIssueDate) and command.issued_on.isoformat() == "2018-11-05"
    refused = await api.post(f"{PATH}/{other}/confirm-date", said)
    assert (refused.status_code, refused.json()["code"]) == (409, "date_not_asked")
