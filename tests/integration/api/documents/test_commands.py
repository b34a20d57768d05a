"""A command that was answered with 202 can be looked up until its owner has carried it out."""

from uuid import UUID

import pytest
from sqlalchemy import update

from common.db.models.line import InboxRow
from common.inbox.accept import accept
from common.transport.base import Incoming
from integration.api.harness import Api, Tenant


async def state(api: Api, command_id: str, token: dict[str, str]) -> str:
    answer = await api.get(f"/api/v1/commands/{command_id}", token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


@pytest.mark.parametrize(
    ("inbox_state", "shown"),
    [("done", "done"), ("ignored", "done"), ("dead", "dead"), ("discarded", "discarded")],
)
async def test_command_is_followed_from_acceptance_to_its_end(
    api: Api, populated: list[Tenant], inbox_state: str, shown: str
) -> None:
    tenant = populated[0]
    answer = await api.post(f"/api/v1/documents/{tenant.document_id}/retry", token=tenant.merchant)
    command_id = answer.json()["command_id"]
    assert await state(api, command_id, tenant.adviser) == "accepted"
    command = (await api.commands())[-1]
    async with api.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [Incoming.of(command)])
    assert await state(api, command_id, tenant.adviser) == "in_line"
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(update(InboxRow).values(state=inbox_state))
    assert await state(api, command_id, tenant.adviser) == shown


async def test_command_of_another_tenant_does_not_exist(api: Api, populated: list[Tenant]) -> None:
    command_id: UUID = populated[1].command_id
    answer = await api.get(f"/api/v1/commands/{command_id}", populated[0].merchant)
    assert answer.status_code == 404
