"""What a shop sends and nobody can read is kept, told, and ends with its cause."""

import pytest

from common.db.models.effects import AlarmRow
from common.events.documents import DocumentIssued
from common.shops.base import Page, Unreadable
from common.shops.epages.client import EpagesClient
from common.shops.epages.wire import OrderDocument
from integration.ingest.harness import Ingest


def send_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order brings a document more that nobody can read."""
    honest = EpagesClient.documents

    async def with_garbage(self: EpagesClient, order_id: str) -> Page[OrderDocument]:
        page = await honest(self, order_id)
        garbage = Unreadable(b'{"documentType": "Invoice"}', "does not fit: issueDate")
        return Page(page.total, page.items, (garbage,), page.server_time)

    monkeypatch.setattr(EpagesClient, "documents", with_garbage)


async def test_r4_an_unreadable_document_is_kept_and_a_person_is_told_once(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_garbage(monkeypatch)
    await ingest.connect()
    sold = await ingest.sell()
    await ingest.poll()
    await ingest.do("orders/touch", order=sold["order_id"])
    await ingest.poll()
    (alarm,) = await ingest.rows(AlarmRow)
    assert (alarm.tenant_id, alarm.kind) == (ingest.tenant_id, "shop_item_unreadable")
    assert await ingest.original(alarm.evidence["original"]) == b'{"documentType": "Invoice"}'
    assert len(await ingest.events(DocumentIssued)) == 1


@pytest.mark.parametrize("ending", ["read", "disabled"])
async def test_alarm_of_an_unreadable_document_ends_when_it_is_read_or_its_shop_is_out_of_use(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    connection = await ingest.connect()
    sold = await ingest.sell()
    with monkeypatch.context() as garbage:
        send_garbage(garbage)
        await ingest.poll()
    (alarm,) = await ingest.rows(AlarmRow)
    assert (alarm.kind, alarm.closed_at) == ("shop_item_unreadable", None)
    if ending == "disabled":
        await ingest.disable(connection)
    else:
        await ingest.do("orders/touch", order=sold["order_id"])
    await ingest.poll()
    (alarm,) = await ingest.rows(AlarmRow)
    assert alarm.closed_at is not None
