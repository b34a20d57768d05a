"""Originals are kept once per tenant, found by their hash, and proven when they are read."""

import hashlib
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from common.archive import Archive, ArchivedFileCorrupt, ArchivedFileMissing
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.ingest import OriginalRow

TENANT, OTHER = uuid4(), uuid4()
PDF = b"%PDF-1.4 \x00\xff"


async def test_r8_bytes_come_back_as_they_were_stored_once(database: Database) -> None:
    archive = Archive()
    async with database.sessions.of_all_tenants() as session:
        ref = await archive.store(session, TENANT, PDF, "application/pdf")
        assert await archive.store(session, TENANT, PDF, "text/plain") == ref
    assert (ref.sha256, ref.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    async with database.reading.of_all_tenants() as session:
        assert await archive.read(session, TENANT, ref.sha256) == PDF


async def test_another_tenants_original_is_not_found(database: Database) -> None:
    archive = Archive()
    async with database.sessions.of_all_tenants() as session:
        ref = await archive.store(session, TENANT, PDF, "application/pdf")
    async with database.reading.of_all_tenants() as session:
        with pytest.raises(ArchivedFileMissing):
            await archive.read(session, OTHER, ref.sha256)


async def test_bytes_that_no_longer_fit_their_hash_are_never_given_out(database: Database) -> None:
    digest = "0" * 64
    async with database.sessions.of_all_tenants() as session:
        session.add(
            OriginalRow(
                tenant_id=TENANT, sha256=digest, media_type="x", size=1, content=b"x", created_at=db_now()
            )
        )
    async with database.reading.of_all_tenants() as session:
        with pytest.raises(ArchivedFileCorrupt):
            await Archive().read(session, TENANT, digest)


async def test_a_stored_original_cannot_be_changed(database: Database) -> None:
    """R8: not even by us."""
    async with database.sessions.of_all_tenants() as session:
        ref = await Archive().store(session, TENANT, PDF, "application/pdf")
    change = update(OriginalRow).where(OriginalRow.sha256 == ref.sha256).values(content=b"else")
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(change)
