"""The one Dockerfile builds every service from what the checkout holds."""

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = re.split(r"(?m)^FROM ", DOCKERFILE)[1:]


def copied_from_the_checkout() -> list[str]:
    """Every path that a COPY takes out of the build context."""
    lines = re.findall(r"(?m)^COPY (?!--from)(.+)$", DOCKERFILE)
    return [source for line in lines for source in line.split()[:-1]]


def sent_to_the_engine(path: str) -> bool:
    """Whether .dockerignore leaves the path in the build context; the last rule that fits decides."""
    sent = True
    for rule in (ROOT / ".dockerignore").read_text().split():
        if fnmatch.fnmatch(path, rule.lstrip("!")):
            sent = rule.startswith("!")
    return sent


@pytest.mark.parametrize("path", copied_from_the_checkout())
def test_what_is_copied_exists_and_is_sent_to_the_engine(path: str) -> None:
    assert (ROOT / path).exists()
    assert sent_to_the_engine(path)


@pytest.mark.parametrize("path", [".env", ".git", "var", "tests", ".venv"])
def test_nothing_else_is_sent_to_the_engine(path: str) -> None:
    assert not sent_to_the_engine(path)


def test_every_stage_uses_the_oldest_python_we_support() -> None:
    assert {stage.split()[0] for stage in STAGES} == {"python:3.11-slim"}


def test_the_image_installs_only_pinned_packages() -> None:
    installs = re.findall(r"pip install ([^\n]+)", DOCKERFILE)
    assert len(installs) == 2
    assert all("--require-hashes" in install or "--no-index" in install for install in installs)


def test_services_do_not_run_as_root() -> None:
    assert re.findall(r"(?m)^USER (.+)$", STAGES[-1]) == ["10001:10001"]
    assert "--uid 10001" in STAGES[-1]
