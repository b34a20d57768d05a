"""What somebody in front of a shop answers is never taken for the shop's own word."""

from datetime import UTC, datetime, timedelta

import pytest

from common.db.models.effects import AlarmRow
from integration.ingest.harness import Ingest

ORDERS_PATH = "/rs/shops/{shop_id}/orders"
DOCUMENTS_PATH = "/rs/shops/{shop_id}/orders/{order_id}/documents"


@pytest.mark.parametrize("path", [ORDERS_PATH, DOCUMENTS_PATH])
@pytest.mark.parametrize(
    ("status", "body"),
    [(400, "html"), (401, "json"), (403, "message"), (404, "html"), (406, "text"), (410, "empty")],
)
async def test_what_somebody_in_front_of_the_shop_refuses_is_weather_and_nothing_is_lost(
    ingest: Ingest, path: str, status: int, body: str
) -> None:
    """Neither counts it as the shop's refusal nor does an order vanish by somebody else's 404."""
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    await ingest.sell()
    await ingest.epages.control.fault("GET", path, "foreign_refusal", 1, status=status, body=body)
    await ingest.poll()
    row = await ingest.cursor(connection)
    trouble = "something_else_answers" if status in (404, 410) else "foreign_refusal"
    assert (row.cursor_at, row.failures, row.refusals, row.trouble) == (before, 1, 0, trouble)
    assert row.failing_since is not None
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents() != set()
    row = await ingest.cursor(connection)
    assert (row.failures, row.failing_since, row.trouble) == (0, None, None)


async def test_pages_of_others_never_disconnect_a_shop_and_an_hour_of_them_is_told_once(
    ingest: Ingest,
) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    settings = ingest.settings(poll={"refused_for": 0.0})
    await ingest.epages.control.fault("GET", ORDERS_PATH, "foreign_refusal", 5, status=403)
    for _ in range(4):
        await ingest.poll(settings)
    row = await ingest.cursor(connection)
    assert (row.refusals, row.disconnected_at, await ingest.rows(AlarmRow)) == (0, None, [])
    assert row.failing_since is not None
    await ingest.change_cursor(connection, failing_since=row.failing_since - timedelta(hours=1))
    await ingest.poll(settings)
    (alarm,) = await ingest.rows(AlarmRow)
    assert (alarm.tenant_id, alarm.kind, alarm.closed_at) == (ingest.tenant_id, "shop_unreadable", None)
    assert alarm.evidence["connection_id"] == str(connection.connection_id)
    assert "403" in alarm.evidence["last_error"]
    await ingest.poll(settings)
    (alarm,) = await ingest.rows(AlarmRow)
    assert alarm.closed_at is not None


@pytest.mark.parametrize("ending", ["the shop refuses", "disabled"])
async def test_the_alarm_of_an_unreadable_shop_ends_with_its_cause(ingest: Ingest, ending: str) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    await ingest.change_cursor(connection, failing_since=long_ago, failures=9)
    await ingest.epages.control.fault("GET", ORDERS_PATH, "unavailable", 1)
    await ingest.poll()
    (alarm,) = await ingest.rows(AlarmRow)
    assert alarm.closed_at is None
    if ending == "disabled":
        await ingest.disable(connection)
    else:
        await ingest.epages.control.fault("GET", ORDERS_PATH, "token_revoked", 1)
    await ingest.poll()
    (alarm,) = await ingest.rows(AlarmRow)
    assert alarm.closed_at is not None
