"""Prove that models and migrations agree, on SQLite and on a PostgreSQL of its own."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.servers.containers import container_postgres
from tools.servers.databases import MigrationFailed, check, migrate
from tools.servers.postgres import native_postgres
from tools.servers.processes import Unavailable, first_available


def main() -> int:
    """Return 0 when a migrated database of each kind differs in nothing from the models."""
    try:
        with sqlite_file() as url:
            _check("SQLite", url)
        with first_available([container_postgres, native_postgres]) as server:
            _check(server.source, server.address)
    except MigrationFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except Unavailable as reason:
        sys.stdout.write(f"migrations: not checked on PostgreSQL ({reason})\n")
        return int(os.environ.get("REQUIRE_REAL_POSTGRES") == "1")
    return 0


@contextmanager
def sqlite_file() -> Iterator[str]:
    """Give the address of a database file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="shopbooks-sqlite-") as folder:
        yield f"sqlite+aiosqlite:///{Path(folder) / 'check.db'}"


def _check(name: str, url: str) -> None:
    migrate(url)
    check(url)
    sys.stdout.write(f"migrations: models and history agree on {name}\n")


if __name__ == "__main__":
    sys.exit(main())
