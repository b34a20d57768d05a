"""A part of the settings is changed and the rest stays: JSON merge patch, pausing, resuming."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.domain.merchant import MerchantSettings
from common.events.commands import ReleaseParked
from integration.api.harness import Api, Tenant

CHOSEN = {
    "start_on": "2026-01-01",
    "category_id": "c",
    "excluded_tags": ["a", "b"],
    "contacts": "rule",
    "contact_rule": {"abroad": True, "from_gross": "49.90"},
}


async def chosen(api: Api) -> tuple[UUID, str]:
    """A tenant whose settings are not the defaults."""
    answer = await api.post("/api/v1/tenants", {"name": "Muster", "settings": CHOSEN})
    tenant_id = UUID(answer.json()["id"])
    return tenant_id, f"/api/v1/tenants/{tenant_id}/settings"


async def patched(api: Api, path: str, values: Any) -> httpx.Response:
    return await api.client.patch(path, json={"values": values}, headers=api.operator | {"If-Match": "*"})


async def test_what_a_patch_leaves_out_stays_as_it_was(api: Api) -> None:
    _, path = await chosen(api)
    before = (await api.get(path)).json()["values"]
    answer = await patched(api, path, {"mode": "paused"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["values"] == {**before, "mode": "paused"}
    assert (answer.headers["etag"], (await api.get(path)).json()) == ('"2"', answer.json())


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"contact_rule": {"companies": True}}, {"abroad": True, "companies": True, "from_gross": "49.90"}),
        ({"contact_rule": {"abroad": None}}, {"abroad": False, "from_gross": "49.90"}),
        ({"contact_rule": {"from_gross": None}}, {"abroad": True, "from_gross": None}),
        ({"contact_rule": None}, {"abroad": False, "from_gross": None}),
        ({"contact_rule": {}}, {"abroad": True, "from_gross": "49.90"}),
    ],
)
async def test_nested_objects_merge_and_null_takes_the_default(api: Api, patch: Any, expected: Any) -> None:
    _, path = await chosen(api)
    rule = (await patched(api, path, patch)).json()["values"]["contact_rule"]
    assert rule == {"abroad": False, "companies": False, "registered": False, **expected}


@pytest.mark.parametrize(
    ("given", "shown"),
    [("1e3", "1000.00"), (49.9, "49.90"), ("-0", "0.00"), ("٤٩", "49.00"), (5, "5.00")],
    ids=["exponent", "number", "below zero", "other digits", "whole"],
)
async def test_an_amount_is_shown_as_the_description_says_however_it_was_given(
    api: Api, given: Any, shown: str
) -> None:
    _, path = await chosen(api)
    rule = (await patched(api, path, {"contact_rule": {"from_gross": given}})).json()["values"][
        "contact_rule"
    ]
    assert rule["from_gross"] == shown
    assert (await api.get(path)).json()["values"]["contact_rule"] == rule


async def test_lists_replace_and_null_takes_the_default_of_each_setting(api: Api) -> None:
    _, path = await chosen(api)
    values = (await patched(api, path, {"excluded_tags": ["c"], "start_on": None})).json()["values"]
    assert (values["excluded_tags"], values["start_on"]) == (["c"], None)
    everything = dict.fromkeys(MerchantSettings.model_fields)
    values = (await patched(api, path, everything)).json()["values"]
    assert values == MerchantSettings().model_dump(mode="json")


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"colour": "red"}, "/body/values/colour"),
        ({"colour": None}, "/body/values/colour"),
        ({"contact_rule": {"colour": True}}, "/body/values/contact_rule/colour"),
        ({"contact_rule": {"colour": None}}, "/body/values/contact_rule/colour"),
        ({"contact_rule": []}, "/body/values/contact_rule"),
        ({"mode": "wild"}, "/body/values/mode"),
        ({"excluded_tags": {"0": "a"}}, "/body/values/excluded_tags"),
        ({"collective_contact": True}, "/body/values/collective_contact"),
        ({"voucher_status": None}, "/body/values"),
        (None, "/body/values"),
        ([], "/body/values"),
    ],
)
async def test_a_patch_that_does_not_fit_changes_nothing(api: Api, values: Any, pointer: str) -> None:
    _, path = await chosen(api)
    answer = await patched(api, path, values)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await api.get(path)).json()["number"] == 1


async def test_a_name_inside_a_setting_that_means_nothing_is_refused_when_all_is_saved(api: Api) -> None:
    _, path = await chosen(api)
    answer = await api.put(path, {"values": {"contact_rule": {"colour": True}}}, if_match="*")
    assert answer.status_code == 422, answer.text
    answer = await api.post("/api/v1/tenants", {"name": "N", "settings": {"contact_rule": {"abroat": True}}})
    assert answer.status_code == 422


async def test_a_patch_is_judged_and_released_by_the_merged_whole(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    path = f"/api/v1/tenants/{tenant.tenant_id}/settings"
    await api.put(path, {"values": {"category_id": "c"}}, tenant.merchant, if_match="*")
    headers = tenant.merchant | {"If-Match": "*", "Content-Type": "application/merge-patch+json"}
    answer = await api.client.patch(path, content=b'{"values": {"mode": "paused"}}', headers=headers)
    assert answer.status_code == 200, answer.text
    command = (await api.commands())[-1]
    assert isinstance(command, ReleaseParked)
    assert (command.released_by, command.settings) == ("settings", ("mode",))


async def test_pause_and_resume_change_nothing_but_the_mode_and_only_once(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    path = f"/api/v1/tenants/{tenant.tenant_id}"
    await api.put(f"{path}/settings", {"values": CHOSEN}, tenant.merchant, if_match="*")
    before = (await api.get(f"{path}/settings")).json()["values"]
    paused = await api.post(f"{path}/pause", {"comment": "holiday"}, tenant.merchant)
    assert (paused.status_code, paused.headers["etag"]) == (200, '"3"')
    assert (paused.json()["values"], paused.json()["comment"]) == ({**before, "mode": "paused"}, "holiday")
    assert (await api.post(f"{path}/pause", None, tenant.merchant)).json() == paused.json()
    resumed = (await api.post(f"{path}/resume", None, tenant.merchant)).json()
    assert (resumed["number"], resumed["values"]) == (4, before)
    assert (await api.post(f"{path}/resume")).json()["number"] == 4
    command = (await api.commands())[-1]
    assert isinstance(command, ReleaseParked)
    assert command.settings == ("mode",)


async def test_an_unknown_tenant_can_be_neither_changed_nor_paused(api: Api) -> None:
    path = f"/api/v1/tenants/{uuid4()}"
    for answer in (
        await patched(api, f"{path}/settings", {}),
        await api.client.patch(f"{path}/settings", json={"values": {}}, headers=api.operator),
        await api.post(f"{path}/pause"),
        await api.post(f"{path}/resume"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
