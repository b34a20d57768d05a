"""Whatever text stands wherever in a body, the answer is a problem that names it, never a failure of ours."""

import json
from typing import Any

import pytest

from integration.api.harness import Api, api_settings
from integration.api.operations import BODIES, NEEDS_TENANT, Operation, operations_of
from integration.api.populated import populate

BAD = ("\x00", "a\x00", "\ud800", "\udfff\x00")
WITH_BODY = [operation for operation in operations_of(api_settings()) if operation.id in BODIES]


def spoilt(body: Any, bad: str) -> list[Any]:
    """The body with the bad text as a name, as a value of something unknown, and in place of each text."""
    bodies = [{**body, bad: 1}, {**body, "about": {bad: bad}}, {**body, "values": {bad: {bad: [bad]}}}]
    return bodies + [{**body, name: bad} for name, value in body.items() if isinstance(value, str)]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
async def test_a_text_that_no_database_takes_is_refused_in_every_body(api: Api, operation: Operation) -> None:
    tenant = await populate(api, "Alpha", "1001")
    tenant_id = {"tenant_id": str(tenant.tenant_id)} if operation.id in NEEDS_TENANT else {}
    headers = {**api.operator, "Content-Type": "application/json", "If-Match": "*"}
    for bad in BAD:
        for body in spoilt({**BODIES[operation.id], **tenant_id}, bad):
            answer = await api.client.request(
                operation.method, operation.address(tenant), content=json.dumps(body), headers=headers
            )
            assert answer.status_code == 422, (body, answer.text)
            assert answer.json()["code"] == "invalid_request", (body, answer.text)
