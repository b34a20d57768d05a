"""Dead letters: listed, shown, and given back to their owner."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from common.db.models.core import AuditRow
from common.db.models.line import DeadLetterRow
from common.events.commands import DISCARD, REPLAY
from integration.api.harness import Api, Tenant
from integration.api.rows import dead_letter_row

PATH = "/api/v1/dead-letters"


@pytest.mark.parametrize("service", ["ingest", "invoice-writer", "transit-writer"])
@pytest.mark.parametrize(("verb", "commands"), [("replay", REPLAY), ("discard", DISCARD)])
async def test_the_owner_gets_a_command(api: Api, service: str, verb: str, commands: Any) -> None:
    tenant_id, identity = await api.tenant(), uuid4()
    await api.add(DeadLetterRow, {**dead_letter_row(tenant_id, identity, "x"), "consumer": service})
    answer = await api.post(f"{PATH}/{identity}/{verb}")
    assert answer.status_code == 202
    command: Any = (await api.commands())[-1]
    assert type(command) is commands[service]
    assert (command.dead_letter_id, command.tenant_id) == (identity, tenant_id)
    assert command.topic.readers == (service,)
    assert [row.action for row in await api.rows(AuditRow)][-1] == f"dead_letter.{verb}ed"


async def test_a_closed_dead_letter_stays_closed(api: Api, populated: list[Tenant]) -> None:
    identity = populated[0].dead_letter_id
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(update(DeadLetterRow).values(state="discarded"))
    for verb in ("replay", "discard"):
        answer = await api.post(f"{PATH}/{identity}/{verb}")
        assert (answer.status_code, answer.json()["code"]) == (409, "dead_letter_closed")


async def test_dead_letters_are_filtered(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    await api.add(
        DeadLetterRow,
        {**dead_letter_row(tenant.tenant_id, uuid4(), "x"), "consumer": "ingest", "state": "replayed"},
    )
    for params, count in (
        ({}, 3),
        ({"service": "ingest"}, 1),
        ({"state": "kept"}, 2),
        ({"tenant_id": tenant.tenant_id}, 2),
    ):
        assert len((await api.get(PATH, **params)).json()["items"]) == count


async def test_what_an_error_quotes_is_shown_to_operators_only(api: Api, populated: list[Tenant]) -> None:
    path = f"{PATH}/{populated[0].dead_letter_id}"
    assert (await api.get(path)).json()["error"] == "KeyError at Alpha"
    assert (await api.get(path, populated[0].merchant)).json()["error"] is None
