"""Parked documents by cause: counted once, with a remedy, and tried again together."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from common.db.models.core import AuditRow
from common.domain.reasons import ONLY_ONE_BY_ONE, DocumentReason
from common.domain.reasons.remedies import CATEGORY_FIELDS
from common.events.commands import ReleaseParked
from integration.api.harness import Api, Tenant

PATH = "/api/v1/parked"


def missing(category: str) -> dict[str, Any]:
    return {"status": "parked", "reason": "category_missing", "params": {"category_id": category}}


@pytest.fixture
async def shop(api: Api) -> tuple[UUID, UUID]:
    """Tenant and connection with documents parked for several causes, and others."""
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    not_euro = {"status": "parked", "reason": "not_euro"}
    documents: list[dict[str, Any]] = [
        *({"number": f"A{count}", "outcome": missing("first")} for count in range(5)),
        {"number": "B1", "outcome": missing("second")},
        {"number": "C1", "outcome": not_euro, "currency": "CHF"},
        {"number": "C2", "outcome": not_euro, "currency": "USD"},
        {"number": "C3", "outcome": not_euro, "currency": "CHF", "type": "credit_note", "gross_minor": -100},
        {"number": "D1", "outcome": {"status": "booked"}},
        {"number": "D2"},
    ]
    for document in documents:
        await api.document(tenant_id, connection_id, **document)
    return tenant_id, connection_id


async def test_every_parked_document_is_counted_in_one_group(api: Api, shop: tuple[UUID, UUID]) -> None:
    parked = (await api.get(PATH)).json()
    found = [(group["reason"], group["about"], group["documents"]) for group in parked["groups"]]
    assert found == [
        ("category_missing", {"category_id": "first"}, 5),
        ("not_euro", {}, 3),
        ("category_missing", {"category_id": "second"}, 1),
    ]
    assert parked["documents"] == 9


async def test_group_says_since_when_for_how_much_and_what_to_do(api: Api, shop: tuple[UUID, UUID]) -> None:
    first, not_euro, _ = (await api.get(PATH)).json()["groups"]
    assert first["oldest_seen_at"] == "2026-03-02T09:15:00Z"
    assert first["amounts"] == [{"currency": "EUR", "invoices": "337.50", "corrections": "0.00"}]
    assert not_euro["amounts"] == [
        {"currency": "CHF", "invoices": "67.50", "corrections": "1.00"},
        {"currency": "USD", "invoices": "67.50", "corrections": "0.00"},
    ]
    assert len(first["samples"]) == 3
    assert {sample["number"][0] for sample in first["samples"]} == {"A"}
    text = first["reason_text"]
    assert (text["who"], text["released_by"]) == ("merchant", "settings")
    assert text["settings"] == sorted(CATEGORY_FIELDS)
    assert text["cause_de"] and text["remedy_en"]


async def test_groups_hold_only_the_own_tenant(api: Api, populated: list[Tenant]) -> None:
    parked = (await api.get(PATH, populated[0].adviser)).json()
    assert [sample["id"] for group in parked["groups"] for sample in group["samples"]] == [
        str(populated[0].document_id)
    ]
    assert (await api.get(PATH)).json()["documents"] == 2
    assert (await api.get(PATH, tenant_id=populated[1].tenant_id)).json()["documents"] == 1


async def test_list_of_reasons_is_closed_and_complete(api: Api) -> None:
    reasons = (await api.get("/api/v1/reasons")).json()["items"]
    assert [reason["code"] for reason in reasons] == [reason.value for reason in DocumentReason]


async def test_retry_of_one_cause_is_one_command(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    before = len(await api.commands())
    body = {"about": {"category_id": "first"}}
    answers = [
        await api.post(f"{PATH}/category_missing/retry", body, tenant.merchant, key="once") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    [command] = (await api.commands())[before:]
    assert isinstance(command, ReleaseParked)
    assert (command.released_by, command.reasons) == ("person", ("category_missing",))
    assert (command.tenant_id, command.about) == (tenant.tenant_id, {"category_id": "first"})
    assert [row.action for row in await api.rows(AuditRow)][-1] == "parked.retried"


@pytest.mark.parametrize("reason", ONLY_ONE_BY_ONE)
async def test_what_needs_a_decision_each_is_not_tried_again_together(
    api: Api, populated: list[Tenant], reason: str
) -> None:
    before = len(await api.commands())
    answer = await api.post(f"{PATH}/{reason}/retry", token=populated[0].merchant)
    assert (answer.status_code, answer.json()["code"]) == (409, "one_by_one")
    assert len(await api.commands()) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [("nonsense/retry", {}), ("not_euro/retry", {"about": {"name": "x"}}), ("not_euro/retry", None)],
)
async def test_request_that_names_no_cause_or_tenant_is_invalid(api: Api, path: str, body: Any) -> None:
    answer = await api.post(f"{PATH}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_unknown_reason_of_a_later_release_is_shown_all_the_same(api: Api) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    await api.document(tenant_id, connection_id, "X", outcome={"status": "parked", "reason": "of_tomorrow"})
    [group] = (await api.get(PATH)).json()["groups"]
    assert (group["reason"], group["reason_text"]) == ("of_tomorrow", None)


async def test_unknown_command_is_not_found(api: Api) -> None:
    assert (await api.get(f"/api/v1/commands/{uuid4()}")).status_code == 404
