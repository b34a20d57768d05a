"""Write .env from .env.example with a new secret in each place the example leaves empty."""

import os
import re
import secrets
import sys
from pathlib import Path

SECRET_BYTES = 32


def filled(example: str) -> str:
    """Return the example with a new secret for every empty value."""
    return re.sub(r"(?m)^([A-Z_]+)=$", lambda match: f"{match[1]}={secrets.token_hex(SECRET_BYTES)}", example)


def main() -> int:
    """Leave an existing .env as it is; otherwise make one that only its owner can read."""
    path = Path(".env")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stdout.write(".env is there already and stays as it is\n")
        return 0
    with os.fdopen(descriptor, "w") as env:
        env.write(filled(Path(".env.example").read_text()))
    sys.stdout.write(".env written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
