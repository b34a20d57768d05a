"""Puts measured sections into docs/performance.md, each with the machine, the versions and the command."""

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("aiohttp", "aiokafka", "asyncpg", "httpx", "SQLAlchemy", "uvloop")
GIB = 1024**3


class NoPlace(Exception):
    """The document has no marked place for a section."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one measurement found: Markdown without a heading."""

    name: str
    body: str
    sources: tuple[str, ...] = ()  # database and broker, when it had some


def provenance(section: Section, command: str) -> str:
    """One line that tells when, where, with what and how a section was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    servers = "".join(f", {source}" for source in section.sources)
    now = datetime.now(UTC)
    return (
        f"Measured {now:%Y-%m-%d %H:%M} UTC at {revision()} on {machine()};"
        f" Python {platform.python_version()}{servers}, {libraries}; `{command}`."
    )


def machine() -> str:
    """The hardware in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB"


def revision() -> str:
    """The commit that was measured, and whether the tree differed from it."""
    git = ["git", "-C", str(Path(__file__).parent)]
    done = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "an unknown revision"
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    return done.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def inserted(document: str, name: str, body: str) -> str:
    """The document with what stands between the section's marks replaced."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(document):
        raise NoPlace(f"no {begin} … {end}")
    return pattern.sub(lambda _: f"{begin}\n{body}\n{end}", document)


def write(path: Path, section: Section, command: str) -> None:
    """The section's figures stand in the file, in the place of older ones."""
    body = f"{provenance(section, command)}\n\n{section.body}"
    path.write_text(inserted(path.read_text(), section.name, body))


def say(line: str) -> None:
    """Tell the person who waits."""
    sys.stderr.write(f"bench: {line}\n")
    sys.stderr.flush()
