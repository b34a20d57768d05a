"""Fetch jars ahead of the tests, so that none of them waits for a download."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from tools.servers.kafka import fetch_jars, find_java
from tools.servers.mustang import fetch_mustang
from tools.servers.processes import Unavailable


def main() -> None:
    """Leave the jars in the cache where Java can use them; say nothing where it cannot."""
    _fetch("e-invoices of Mustang", fetch_mustang)
    if not os.environ.get("TEST_KAFKA_BOOTSTRAP"):
        _fetch("native broker", fetch_jars)


def _fetch(what: str, fetch: Callable[[], Path]) -> None:
    try:
        find_java()
        fetch()
    except Unavailable as reason:
        sys.stderr.write(f"no {what}: {reason}\n")


if __name__ == "__main__":
    main()
