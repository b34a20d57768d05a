"""State of a simulator: named collections of JSON documents in memory, written through to one SQLite file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL, key TEXT NOT NULL, document BLOB NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""


class Collection:
    """Documents by key, in the order they were first put; a put document must not be changed afterwards."""

    def __init__(self, store: "Store", name: str) -> None:
        self._store, self._name = store, name
        self._documents: dict[str, Document] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, key: str) -> bool:
        return key in self._documents

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def get(self, key: str) -> Document | None:
        """Return the document under this key, or None."""
        return self._documents.get(key)

    def __getitem__(self, key: str) -> Document:
        return self._documents[key]

    def values(self) -> list[Document]:
        """Return all documents, oldest key first."""
        return list(self._documents.values())

    def items(self) -> list[tuple[str, Document]]:
        """Return all keys with their documents, oldest key first."""
        return list(self._documents.items())

    def put(self, key: str, document: Document) -> None:
        """Keep the document under this key, in the place of an older one."""
        self._documents[key] = document
        self._store.changed(self._name, key, document)

    def delete(self, key: str) -> Document | None:
        """Forget the document under this key and return it."""
        document = self._documents.pop(key, None)
        if document is not None:
            self._store.changed(self._name, key, None)
        return document

    def load(self, key: str, document: Document) -> None:
        """Take over a document read from the file."""
        self._documents[key] = document

    def forget(self) -> None:
        """Empty the collection in memory."""
        self._documents.clear()


class Store:
    """Collections and blobs of one simulator; with a path they outlive the process, even a killed one."""

    def __init__(self, path: Path | None) -> None:
        self._durable = path is not None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_SCHEMA)
        self._collections: dict[str, Collection] = {}
        self._pending: dict[tuple[str, str], Document | None] = {}
        self._position = 0
        self._load()

    def collection(self, name: str) -> Collection:
        """Return the collection of this name, empty when nothing was ever put."""
        if name not in self._collections:
            self._collections[name] = Collection(self, name)
        return self._collections[name]

    def changed(self, collection: str, key: str, document: Document | None) -> None:
        """Remember that a document must be written at the next flush; None means it is gone."""
        if self._durable:
            self._pending[(collection, key)] = document

    def flush(self) -> None:
        """Write everything changed since the last flush in one transaction."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        self._db.execute("BEGIN")
        for (collection, key), document in pending.items():
            self._write(collection, key, document)
        self._db.execute("COMMIT")

    def put_blob(self, key: str, content: bytes) -> None:
        """Keep these bytes under this key."""
        self._db.execute("INSERT OR REPLACE INTO blobs (key, content) VALUES (?, ?)", (key, content))

    def get_blob(self, key: str) -> bytes | None:
        """Return the bytes under this key, or None."""
        row = self._db.execute("SELECT content FROM blobs WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def clear(self) -> None:
        """Forget everything, in memory and in the file."""
        for collection in self._collections.values():
            collection.forget()
        self._pending.clear()
        self._db.executescript("DELETE FROM documents; DELETE FROM blobs;")

    def close(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        self._db.close()

    def _write(self, collection: str, key: str, document: Document | None) -> None:
        if document is None:
            self._db.execute("DELETE FROM documents WHERE collection = ? AND key = ?", (collection, key))
            return
        self._position += 1
        self._db.execute(
            "INSERT INTO documents (collection, key, document, position) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (collection, key) DO UPDATE SET document = excluded.document",
            (collection, key, orjson.dumps(document), self._position),
        )

    def _load(self) -> None:
        rows = self._db.execute("SELECT collection, key, document, position FROM documents ORDER BY position")
        for collection, key, document, position in rows:
            self.collection(collection).load(key, orjson.loads(document))
            self._position = max(self._position, position)
