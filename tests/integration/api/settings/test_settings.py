"""Tenants and their versioned settings."""

import asyncio
from uuid import uuid4

import pytest

from common.db.models.core import AuditRow
from common.domain.merchant import MerchantSettings
from common.events.commands import ReleaseParked
from integration.api.harness import Api, Tenant


async def test_a_new_tenant_has_a_first_version_of_its_settings(api: Api) -> None:
    body = {"name": "Shop", "settings": {"poll_interval_seconds": 1}}
    tenant = (await api.post("/api/v1/tenants", body)).json()
    answer = await api.get(f"/api/v1/tenants/{tenant['id']}/settings")
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["number"] == 1
    assert answer.json()["values"] == MerchantSettings(poll_interval_seconds=1).model_dump(mode="json")


async def test_saving_makes_a_version_and_frees_what_settings_can_free(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    path = f"/api/v1/tenants/{tenant.tenant_id}/settings"
    answer = await api.put(
        path, {"values": {"mode": "paused"}, "comment": "holiday", "version": 1}, tenant.merchant
    )
    assert answer.status_code == 200
    saved = answer.json()
    assert (saved["number"], saved["comment"], saved["values"]["mode"]) == (2, "holiday", "paused")
    assert saved["author"].startswith("token:")
    assert (await api.get(path)).json() == saved
    command = (await api.commands())[-1]
    assert isinstance(command, ReleaseParked)
    assert (command.tenant_id, command.connection_id) == (tenant.tenant_id, tenant.books_id)
    assert (command.released_by, command.settings) == ("settings", ("mode",))
    assert [row.action for row in await api.rows(AuditRow)][-1] == "settings.saved"


async def test_an_old_version_comes_back_as_a_new_one(api: Api) -> None:
    tenant_id = await api.tenant()
    path = f"/api/v1/tenants/{tenant_id}/settings"
    await api.put(path, {"values": {"start_on": "2026-01-01", "category_id": "c"}}, if_match="*")
    await api.put(path, {"values": {}}, if_match="*")
    restored = (await api.post(f"{path}/versions/2/restore")).json()
    assert (restored["number"], restored["comment"]) == (4, "version 2 restored")
    assert (restored["values"]["start_on"], restored["values"]["category_id"]) == ("2026-01-01", "c")
    history = (await api.get(f"{path}/versions")).json()["items"]
    assert [version["number"] for version in history] == [4, 3, 2, 1]
    assert (await api.post(f"{path}/versions/9/restore")).status_code == 404


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "wild"},
        {"poll_interval_seconds": 0},
        {"start_on": "tomorrow"},
        {"colour": "red"},
        {"category_id": None},
        {"category_id": ""},
        {"export_category_id": "a\0b"},
        {"company_only_category_ids": ["\0"]},
        {"excluded_payment_methods": ["Pay\0Pal"]},
        {"service_tax_classes": ["\x07"]},
        {"own_vat_id": "\0"},
        {"collective_contact": "false"},
        {"contact_rule": {"from_gross": "1e30"}},
        {"contact_rule": {"from_gross": "49.999"}},
    ],
)
async def test_values_that_do_not_fit_are_refused(api: Api, values: dict[str, object]) -> None:
    path = f"/api/v1/tenants/{await api.tenant()}/settings"
    answer = await api.put(path, {"values": values}, if_match="*")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await api.get(path)).json()["number"] == 1


async def test_an_unknown_tenant_has_no_settings(api: Api) -> None:
    path = f"/api/v1/tenants/{uuid4()}"
    for answer in (
        await api.get(path),
        await api.get(f"{path}/settings"),
        await api.put(f"{path}/settings", {"values": {}}),
        await api.get(f"{path}/settings/versions"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_changes_at_the_same_moment_each_become_a_version(api: Api) -> None:
    path = f"/api/v1/tenants/{await api.tenant()}/settings"
    answers = await asyncio.gather(*(api.put(path, {"values": {}}, if_match="*") for _ in range(5)))
    assert sorted(answer.json()["number"] for answer in answers) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("values", [{}, {"poll_interval_seconds": 60}, {"send_pdf": False}])
async def test_a_change_that_cures_nothing_releases_nothing(api: Api, values: dict[str, object]) -> None:
    tenant_id = await api.tenant()
    await api.put(f"/api/v1/tenants/{tenant_id}/settings", {"values": values}, if_match="*")
    assert not [command for command in await api.commands() if isinstance(command, ReleaseParked)]


async def test_a_version_tells_who_changed_what_and_why(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    path = f"/api/v1/tenants/{tenant.tenant_id}/settings"
    await api.put(path, {"values": {"category_id": "c"}, "comment": "goods"}, tenant.merchant, "*")
    await api.put(path, {"values": {"category_id": "c", "mode": "paused"}}, tenant.merchant, "*")
    second = (await api.get(f"{path}/versions/2", tenant.adviser)).json()
    assert (second["number"], second["comment"]) == (2, "goods")
    assert second["author"].startswith("token:")
    assert second["changes"] == {"category_id": {"before": MerchantSettings().category_id, "after": "c"}}
    third = (await api.get(f"{path}/versions/3")).json()
    assert third["changes"] == {"mode": {"before": "automatic", "after": "paused"}}
    assert (await api.get(f"{path}/versions/1")).json()["changes"] == {}
    assert (await api.get(f"{path}/versions/4")).status_code == 404


async def test_a_voucher_status_is_refused_with_the_reason(api: Api) -> None:
    path = f"/api/v1/tenants/{await api.tenant()}/settings"
    for status in ("unchecked", "open", None):
        answer = await api.put(path, {"values": {"voucher_status": status}}, if_match="*")
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (422, "voucher_status_refused")
        assert "every voucher is open at once" in error["message"]
