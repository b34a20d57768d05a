"""Command line: `python -m bench [SECTION …] [--quick] [--write docs/performance.md]`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

import uvloop

from bench import contacts, decisions, latency, rate, released, requests, throughput
from bench.report import Section, say, write
from common.observability.logging import configure_logging


class Measure(Protocol):
    """One section's measurement."""

    def __call__(self, *, quick: bool) -> Awaitable[Section]: ...


SECTIONS: dict[str, Measure] = {
    "decisions": decisions.measure,
    "requests": requests.measure,
    "contacts": contacts.measure,
    "rate": rate.measure,
    "released": released.measure,
    "latency": latency.measure,
    "throughput": throughput.measure,
}


def main() -> None:
    """Measure what was asked for, print it, and write it down where told."""
    parser = argparse.ArgumentParser("python -m bench", description="Measure; assert nothing.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; else all")
    parser.add_argument("--quick", action="store_true", help="fewer documents, for a first look")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document")
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"unknown section {', '.join(sorted(unknown))}")
    configure_logging(format="console", level="ERROR")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that nothing started is left
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for name in options.sections or SECTIONS:
            say(f"{name} …")
            section = runner.run(_measured(SECTIONS[name], quick=options.quick))
            sys.stdout.write(f"## {name}\n\n{section.body}\n\n")
            sys.stdout.flush()
            if options.write:
                write(options.write, section, f"python -m bench {' '.join(sys.argv[1:])}".strip())


async def _measured(measure: Measure, *, quick: bool) -> Section:
    return await measure(quick=quick)


if __name__ == "__main__":
    main()
