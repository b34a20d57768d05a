"""Secrets a single-process installation makes for itself, kept in its data folder for its owner only."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from common.db.crypto import new_key

PRIVATE = 0o600


def encryption_keys(data_dir: Path) -> tuple[SecretStr, ...]:
    """The keys in `encryption.keys`, newest first; made at the first start."""
    return tuple(SecretStr(line) for line in _kept(data_dir / "encryption.keys", new_key).split())


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
