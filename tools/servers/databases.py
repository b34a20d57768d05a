"""Databases on a server: make, migrate, copy and drop them."""

import os
import subprocess
import sys
import uuid

import asyncpg
from sqlalchemy.engine import make_url


class MigrationFailed(Exception):
    """A migration command ended with an error; the message is what it printed."""


class Databases:
    """Makes and drops databases on one PostgreSQL server."""

    def __init__(self, address: str) -> None:
        self._address = make_url(address)

    def url(self, name: str) -> str:
        """Return the address of a database as SQLAlchemy wants it."""
        return self._address.set(database=name).render_as_string(hide_password=False)

    async def create(self, template: str | None = None) -> str:
        """Make a database, empty or as a copy of the template, and return its name."""
        name = f"test_{uuid.uuid4().hex[:16]}"
        copy = f' TEMPLATE "{template}"' if template else ""
        await self._execute(f'CREATE DATABASE "{name}"{copy}')
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, also when a test left a connection open."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        dsn = self._address.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def migrate(url: str) -> None:
    """Bring the database to the newest schema."""
    _run("upgrade", url)


def check(url: str) -> None:
    """Raise `MigrationFailed` with the differences if a migrated database is not what the models say."""
    _run("check", url)


def _run(command: str, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "common.db.migrate", command],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationFailed(f"common.db.migrate {command} failed:\n{done.stdout}{done.stderr}")
