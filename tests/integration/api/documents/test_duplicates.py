"""Doubles are listed with what to delete and what stays; a person's word goes to the owner as a command."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from common.db.models.core import AuditRow
from common.db.models.effects import AlarmRow, BindingRow
from common.events.commands import AdoptMatching, RepairDuplicate, SeeAlarm
from integration.api.harness import APP_URL, Api, Tenant
from integration.api.rows import NOW

FIRST, TWIN = str(uuid4()), str(uuid4())


async def add_alarm(api: Api, tenant: UUID, **over: Any) -> UUID:
    """An open alarm of the tenant: a double unless said otherwise."""
    evidence = {"number": "R-1", "vouchers": [FIRST, TWIN], "keep": FIRST, "delete": [TWIN]}
    row = {"alarm_id": uuid4(), "tenant_id": tenant, "kind": "duplicate", "subject": "voucher:R-1"}
    await api.add(AlarmRow, {**row, "evidence": evidence, **over})
    return UUID(str({**row, **over}["alarm_id"]))


async def listed(api: Api, tenant_id: UUID) -> list[dict[str, Any]]:
    answer = await api.get(f"/api/v1/tenants/{tenant_id}/duplicates")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_double_is_listed_with_links_and_advice(api: Api) -> None:
    tenant_id = await api.tenant()
    alarm_id = await add_alarm(api, tenant_id)
    (double,) = await listed(api, tenant_id)
    assert (double["id"], double["number"]) == (str(alarm_id), "R-1")
    assert [(one["voucher_id"], one["advice"]) for one in double["vouchers"]] == [
        (FIRST, "keep"),
        (TWIN, "delete"),
    ]
    assert double["vouchers"][1]["edit_url"] == f"{APP_URL}/permalink/vouchers/edit/{TWIN}"


async def test_the_answer_that_came_late_is_a_double_whose_binding_stays(api: Api) -> None:
    tenant_id = await api.tenant()
    await add_alarm(api, tenant_id, evidence={"late_answer": TWIN, "attempt": 1, "bound": FIRST})
    bound = {"effect_key": "voucher:R-1", "tenant_id": tenant_id, "external_id": FIRST, "how": "written"}
    await api.add(BindingRow, {**bound, "bound_at": NOW})
    (double,) = await listed(api, tenant_id)
    assert {one["voucher_id"]: one["advice"] for one in double["vouchers"]} == {FIRST: "keep", TWIN: "delete"}


async def test_without_a_binding_a_person_chooses(api: Api) -> None:
    tenant_id = await api.tenant()
    await add_alarm(api, tenant_id, evidence={"vouchers": [FIRST, TWIN]})
    (double,) = await listed(api, tenant_id)
    assert {one["advice"] for one in double["vouchers"]} == {"choose"}


async def test_closed_doubles_and_those_of_others_are_not_listed(api: Api) -> None:
    tenant_id, other = await api.tenant(), await api.tenant("Other")
    await add_alarm(api, other)
    await add_alarm(api, tenant_id, closed_at=NOW)
    assert await listed(api, tenant_id) == []
    merchant = await api.token("merchant", tenant_id)
    answer = await api.get(f"/api/v1/tenants/{other}/duplicates", merchant)
    assert answer.status_code == 404


async def test_a_repair_is_a_command_to_the_owner_with_an_audit_row_r54(api: Api) -> None:
    tenant_id = await api.tenant()
    alarm_id = await add_alarm(api, tenant_id)
    path = f"/api/v1/tenants/{tenant_id}/duplicates/{alarm_id}/repaired"
    answer = await api.post(path, {"deleted": [TWIN]})
    assert answer.status_code == 202, answer.text
    command: Any = (await api.commands())[-1]
    assert isinstance(command, RepairDuplicate)
    assert (command.alarm_id, command.deleted, command.tenant_id) == (alarm_id, (TWIN,), tenant_id)
    entry = (await api.rows(AuditRow))[-1]
    assert (entry.action, entry.details["deleted"]) == ("duplicate.repaired", [TWIN])


@pytest.mark.parametrize("deleted", [[FIRST, TWIN], [str(uuid4())], []])
async def test_one_voucher_of_a_double_is_left(api: Api, deleted: list[str]) -> None:
    tenant_id = await api.tenant()
    alarm_id = await add_alarm(api, tenant_id)
    path = f"/api/v1/tenants/{tenant_id}/duplicates/{alarm_id}/repaired"
    answer = await api.post(path, {"deleted": deleted})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert not [one for one in await api.commands() if isinstance(one, RepairDuplicate)]


async def test_an_alarm_that_a_person_ends_is_seen_by_command_and_audited(api: Api) -> None:
    tenant_id = await api.tenant()
    alarm_id = await add_alarm(api, tenant_id, kind="adopted_voucher_differs", evidence={})
    answer = await api.post(f"/api/v1/alarms/{alarm_id}/seen", key="once")
    again = await api.post(f"/api/v1/alarms/{alarm_id}/seen", key="once")
    assert (answer.status_code, again.json()) == (202, answer.json())
    seen = [one for one in await api.commands() if isinstance(one, SeeAlarm)]
    assert [(one.alarm_id, one.tenant_id) for one in seen] == [(alarm_id, tenant_id)]
    entry = (await api.rows(AuditRow))[-1]
    assert (entry.action, entry.details) == (
        "alarm.seen",
        {"alarm_id": str(alarm_id), "kind": "adopted_voucher_differs"},
    )


async def test_other_alarms_cannot_be_seen_away(api: Api, populated: list[Tenant]) -> None:
    tenant_id = await api.tenant()
    for over, status, code in (
        ({"kind": "reconnect_needed"}, 409, "alarm_ends_itself"),
        ({"closed_at": NOW}, 409, "alarm_closed"),
        ({"tenant_id": None, "kind": "clock_stepped"}, 404, "not_found"),
    ):
        alarm_id = await add_alarm(api, tenant_id, **over)
        answer = await api.post(f"/api/v1/alarms/{alarm_id}/seen")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    mine = await add_alarm(api, tenant_id)
    answer = await api.post(f"/api/v1/alarms/{mine}/seen", token=populated[0].merchant)
    assert answer.status_code == 404
    adviser = await api.token("adviser", tenant_id)
    assert (await api.post(f"/api/v1/alarms/{mine}/seen", token=adviser)).status_code == 403


async def test_adopting_all_that_match_is_one_command(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    answer = await api.post(f"/api/v1/tenants/{tenant.tenant_id}/adopt-matching", token=tenant.merchant)
    assert answer.status_code == 202, answer.text
    command: Any = (await api.commands())[-1]
    assert (type(command), command.tenant_id) == (AdoptMatching, tenant.tenant_id)
    assert (await api.rows(AuditRow))[-1].action == "parked.adopted"
    other = await api.post(f"/api/v1/tenants/{populated[1].tenant_id}/adopt-matching", token=tenant.merchant)
    assert other.status_code == 404
