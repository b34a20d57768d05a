"""A single process whose keys are gone does not start, and makes no new ones in their place."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.effects import OAuthTokenRow
from common.db.secrets import Secrets, new_key
from standalone.keys import KEY_FILE, encryption_keys
from standalone.starting import CannotStart


async def sealed_with(database: Database, key: str) -> None:
    """A stored token pair, sealed with this key."""
    tenant_id, connection_id, secrets = uuid4(), uuid4(), Secrets([SecretStr(key)])
    sealed = secrets.of(tenant_id, connection_id).seal("oauth_access", SecretStr("word"))
    async with database.sessions.of_all_tenants() as session:
        pair = {"access_sealed": sealed, "refresh_sealed": sealed, "generation": 1, "expires_at": db_now()}
        row = insert(session, OAuthTokenRow).values(tenant_id=tenant_id, connection_id=connection_id, **pair)
        await session.execute(row)


async def test_a_first_start_makes_keys_and_later_ones_read_them(database: Database, tmp_path: Path) -> None:
    made = await encryption_keys(tmp_path, database)
    await sealed_with(database, made[0].get_secret_value())
    assert await encryption_keys(tmp_path, database) == made


async def test_a_lost_file_stops_the_start_and_no_keys_are_made(database: Database, tmp_path: Path) -> None:
    await sealed_with(database, new_key())
    with pytest.raises(CannotStart, match="is missing, and the database holds 2 secrets"):
        await encryption_keys(tmp_path, database)
    assert not (tmp_path / KEY_FILE).exists()


async def test_a_file_of_another_installation_stops_the_start(database: Database, tmp_path: Path) -> None:
    await sealed_with(database, new_key())
    (tmp_path / KEY_FILE).write_text(new_key())
    with pytest.raises(CannotStart, match=r"No key in .* opens any of the 2 secrets"):
        await encryption_keys(tmp_path, database)


async def test_a_file_that_holds_no_keys_is_named(database: Database, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("not hex")
    with pytest.raises(CannotStart, match=KEY_FILE):
        await encryption_keys(tmp_path, database)
