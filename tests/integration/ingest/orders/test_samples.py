"""The platform's own samples through ingest; the folder is given by SAMPLES_DIR."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from common.domain.money import Money
from common.events.documents import CreditNoteIssued, DocumentIssued
from common.events.orders import OrderSeen
from common.http.transport import Response
from common.settings import HostPolicy
from ingest.connections import ShopConnections
from ingest.polling import Poller
from integration.ingest.harness import TRUSTED, Ingest

SAMPLES = os.environ.get("SAMPLES_DIR")
ORDER_OF_THE_DOCUMENTS = "59EE0CE3-88F1-B9F4-B42B-AC1732093966"


@dataclass
class SampleShop:
    """Answers every request with the vendor's samples."""

    folder: Path
    asked: list[str] = field(default_factory=list)

    async def get(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], max_bytes: int
    ) -> Response:
        self.asked.append(path)
        if path == "/orders":
            orders = json.loads((self.folder / "orders-list.json").read_text())
            (second,) = [item for item in orders["items"] if item["orderNumber"] == "ORD151104/1032"]
            second["orderId"] = ORDER_OF_THE_DOCUMENTS
            return Response(200, {"Date": "Sat, 13 Jul 2024 10:00:00 GMT"}, json.dumps(orders).encode())
        if ORDER_OF_THE_DOCUMENTS in path:
            return Response(200, {}, (self.folder / "order-documents-invoice-creditnote.json").read_bytes())
        return Response(200, {}, b'{"results": 0, "page": 1, "resultsPerPage": 100, "items": []}')


@pytest.mark.skipif(SAMPLES is None, reason="SAMPLES_DIR is not set")
async def test_the_vendors_samples_are_taken_over_whole(ingest: Ingest) -> None:
    shop = SampleShop(Path(str(SAMPLES)) / "epages")
    await ingest.connect()
    shops = ShopConnections(ingest.db, ingest.secrets, lambda _: shop, HostPolicy(trusted_hosts=TRUSTED))
    await Poller(ingest.db, shops, ingest.archive, ingest.settings()).run_once()
    assert len(await ingest.events(OrderSeen)) == 3
    invoice, credit_note = await ingest.events(DocumentIssued)
    assert isinstance(credit_note, CreditNoteIssued)
    assert (invoice.number, credit_note.number) == ("1001", "1002")
    assert (invoice.document.gross_total, invoice.document.tax_total) == (Money(9690), Money(1547))
    assert credit_note.document.address is not None
    assert credit_note.document.address.country == "US"
    assert invoice.pdf is not None
    assert not (await ingest.original(invoice.pdf.sha256)).startswith(b"%PDF")
    sent = (shop.folder / "order-documents-invoice-creditnote.json").read_bytes()
    kept = [row.content for row in await ingest.originals() if row.media_type == "application/json"]
    assert len(kept) == 2
    assert all(content in sent for content in kept)
