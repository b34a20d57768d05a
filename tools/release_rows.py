"""Keep what a release left in its stores: `python -m tools.release_rows DIR FILE`.

DIR is the data folder of a single process that was started with the release's own code (`make run`). The file
holds one JSON object a line: the store, the table and the row. Tests lay it into a database at the release's
last schema and upgrade that.
"""

import asyncio
import base64
import gzip
import json
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from common.db.engine import Database, open_database
from common.db.models import Base
from common.db.types import BigIntId, UtcDateTime
from common.settings import DatabaseSettings

PRODUCT = "shopbooks"
Line = dict[str, Any]


def main() -> int:
    """Write the rows of a data folder into a file."""
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    lines = [*asyncio.run(product_lines(folder / f"{PRODUCT}.db")), *sandbox_lines(folder / "sandbox")]
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{len(lines)} rows in {target}\n")
    return 0


def read_lines(path: Path) -> list[Line]:
    """Every line of such a file."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


async def product_lines(path: Path) -> list[Line]:
    """Every row of the product's database, parents before children."""
    database = open_database(DatabaseSettings(url=f"sqlite+aiosqlite:///{path}"))
    lines: list[Line] = []
    async with database.reading.of_all_tenants() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(sa.select(table))
            for row in rows.mappings():
                values = {name: _to_json(value) for name, value in row.items()}
                lines.append({"store": PRODUCT, "table": table.fullname, "row": values})
    await database.close()
    return lines


def sandbox_lines(folder: Path) -> Iterator[Line]:
    """Every row of the simulators' stores."""
    for path in sorted(folder.glob("*.sqlite3")):
        store = sqlite3.connect(path)
        store.row_factory = sqlite3.Row
        for table in ("documents", "blobs"):
            for row in store.execute(f"SELECT * FROM {table}"):  # one of the two names above
                values = {name: _to_json(value) for name, value in dict(row).items()}
                yield {"store": path.stem, "table": table, "row": values}
        store.close()


async def lay_product_rows(database: Database, lines: Iterable[Line]) -> None:
    """Insert the product's rows into a database whose schema is the release's."""
    on_postgres, filled = database.engine.dialect.name == "postgresql", set[str]()
    async with database.engine.begin() as connection:
        for line in lines:
            if line["store"] != PRODUCT:
                continue
            table, row = Base.metadata.tables[line["table"]], line["row"]
            columns = [sa.Column(name, table.c[name].type) for name in row]
            there = sa.Table(table.name, sa.MetaData(), *columns, schema=table.schema)
            values = {name: _from_json(table.c[name].type, value) for name, value in row.items()}
            await connection.execute(there.insert().values(values))
            filled.add(table.fullname)
        if on_postgres:
            for statement in _sequences(filled):
                await connection.execute(sa.text(statement))


def lay_sandbox_rows(folder: Path, lines: Iterable[Line]) -> None:
    """Add the simulators' rows to stores that were made empty by the simulators themselves."""
    for line in lines:
        if line["store"] == PRODUCT:
            continue
        row = {name: _plain(value) for name, value in line["row"].items()}
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        store = sqlite3.connect(folder / f"{line['store']}.sqlite3", isolation_level=None)
        store.execute(
            f"INSERT OR REPLACE INTO {line['table']} ({names}) VALUES ({marks})", tuple(row.values())
        )
        store.close()


def _sequences(filled: Collection[str]) -> Iterator[str]:
    """Statements that let the generated ids of these tables go on behind the inserted ones."""
    for table in (Base.metadata.tables[name] for name in sorted(filled)):
        column = table.autoincrement_column
        if column is not None and column.type is BigIntId:
            sequence = f"pg_get_serial_sequence('{table.fullname}', '{column.name}')"
            newest = f"SELECT coalesce(max({column.name}), 0) + 1 FROM {table.fullname}"
            yield f"SELECT setval({sequence}, ({newest}), false)"


def _to_json(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case _:
            return value


def _plain(value: Any) -> Any:
    is_bytes = isinstance(value, dict) and set(value) == {"base64"}
    return base64.b64decode(value["base64"]) if is_bytes else value


def _from_json(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return UUID(value) if isinstance(kind, sa.Uuid) else _plain(value)


if __name__ == "__main__":
    sys.exit(main())
