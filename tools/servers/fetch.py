"""Fetch the broker's jars ahead of the tests, so that none of them waits for a download."""

import os
import sys

from tools.servers.kafka import fetch_jars, find_java
from tools.servers.processes import Unavailable


def main() -> None:
    """Leave the jars in the cache where Java can use them; say nothing where it cannot."""
    if os.environ.get("TEST_KAFKA_BOOTSTRAP"):
        return
    try:
        find_java()
        fetch_jars()
    except Unavailable as reason:
        sys.stderr.write(f"no native broker: {reason}\n")


if __name__ == "__main__":
    main()
