"""Secrets a single-process installation makes for itself, kept in its data folder for its owner only."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from common.db.engine import Database
from common.db.secrets import Secrets, new_key, sealed_by_key
from standalone.starting import CannotStart

PRIVATE = 0o600
KEY_FILE = "encryption.keys"


async def encryption_keys(data_dir: Path, db: Database) -> tuple[SecretStr, ...]:
    """Read the keys in `encryption.keys`, newest first; they are made at the first start only.

    Raises `CannotStart`, and makes none, when the database holds secrets that no key of the file opens.
    """
    path = data_dir / KEY_FILE
    async with db.reading.of_all_tenants() as session:
        sealed = await sealed_by_key(session)
    if sealed and not path.exists():
        raise CannotStart(
            f"{path} is missing, and the database holds {sum(sealed.values())} secrets sealed with its keys. "
            "Put the file back from your backup. No new keys were made: they would open nothing."
        )
    keys = tuple(SecretStr(line) for line in _kept(path, new_key).split())
    try:
        known, missing = Secrets(keys).share_out(sealed)
    except ValueError as error:
        raise CannotStart(f"{path}: {error}") from error
    if missing and not known:
        raise CannotStart(
            f"No key in {path} opens any of the {sum(missing.values())} secrets in the database. "
            "Put the file back that belongs to this database."
        )
    return keys


def admin_token(data_dir: Path, given: SecretStr | None) -> tuple[SecretStr, bool]:
    """The operator's token and whether it was made here: the given one, else one made at the first start."""
    if given is not None:
        return given, False
    return SecretStr(_kept(data_dir / "admin.token", lambda: secrets.token_urlsafe(32))), True


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The file's content; a missing file is made whole and private before anybody can see it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "w") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    return path.read_text().strip()
