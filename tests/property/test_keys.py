"""A key that the writer spells and a query builds is one key, whatever is in it, on both databases."""

import asyncio
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from common.db.engine import open_database
from common.db.keys import voucher_key_in
from common.domain.documents import DocumentType
from common.domain.keys import voucher_key, vouchers_of
from common.settings import DatabaseSettings

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
DOCUMENTS = st.tuples(TEXT, st.uuids(), st.sampled_from(DocumentType), TEXT)


@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=20))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_key_of_a_voucher_is_spelt_alike_in_python_and_in_a_query(
    database_url: str, documents: list[tuple[str, UUID, DocumentType, str]]
) -> None:
    spelt = [voucher_key(*document) for document in documents]
    assert asyncio.run(_in_queries(database_url, documents)) == spelt
    assert all(key.startswith(vouchers_of(one[0])) for key, one in zip(spelt, documents, strict=True))


async def _in_queries(url: str, documents: list[tuple[str, UUID, DocumentType, str]]) -> list[str]:
    """The keys as the database builds them, the organization being what it reads."""
    database, found = open_database(DatabaseSettings(url=url)), []
    async with database.reading.of_nobody() as session:
        for organization_id, connection_id, document_type, number in documents:
            books = select(literal(organization_id).label("address")).subquery()
            query = select(voucher_key_in(books.c.address, connection_id, document_type, number))
            found.append(str((await session.execute(query)).scalar_one()))
    await database.close()
    return found
