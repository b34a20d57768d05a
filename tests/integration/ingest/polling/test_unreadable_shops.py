"""A shop that cannot be read for a known cause says so on its connection, until it can be read again."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from common.db.models.core import ConnectionRow
from common.domain.connection_troubles import TROUBLES, ConnectionTrouble
from ingest.connections import ShopConnection
from integration.ingest.harness import Ingest
from support.wire import WireServer, wire_server

PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
async def packing() -> AsyncIterator[WireServer]:
    """A server that says its harmless answer is packed."""
    async with wire_server(lambda server, exchange, writer: writer.write(PACKED)) as server:
        yield server


async def move(ingest: Ingest, connection: ShopConnection, address: str) -> None:
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.connection_id == connection.connection_id)
            .values(address=address)
        )


async def test_answers_packed_in_another_way_are_a_trouble_of_the_connection(
    ingest: Ingest, packing: WireServer
) -> None:
    connection = await ingest.connect()
    await move(ingest, connection, f"{packing.url}/rs/shops/A")
    await ingest.poll()
    row = await ingest.cursor(connection)
    assert (row.trouble, row.failures) == (ConnectionTrouble.ANSWER_ENCODING_REFUSED.value, 1)
    assert "br" in (row.last_error or "")
    await move(ingest, connection, connection.api_url)
    await ingest.poll()
    row = await ingest.cursor(connection)
    assert (row.trouble, row.last_error, row.failures) == (None, None, 0)


async def test_an_address_that_became_private_is_a_trouble_of_the_connection(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await move(ingest, connection, "https://10.0.0.1/rs/shops/A")
    await ingest.poll()
    assert (await ingest.cursor(connection)).trouble == ConnectionTrouble.ADDRESS_REFUSED.value


def test_every_trouble_has_words_in_both_languages() -> None:
    assert set(TROUBLES) == set(ConnectionTrouble)
    for text in TROUBLES.values():
        assert all((text.cause_de, text.cause_en, text.remedy_de, text.remedy_en))
