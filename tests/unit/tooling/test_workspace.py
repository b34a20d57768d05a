"""The workspace's files agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MEMBERS = sorted(
    path.parent for path in ROOT.glob("*/*/pyproject.toml") if path.parts[-3] in {"libs", "services"}
)
PINS = [ROOT / "requirements" / "run.txt", ROOT / "requirements" / "dev.txt"]


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_hashes_and_without_address(pins: Path) -> None:
    text = pins.read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    loose = [entry for entry in entries if not re.match(r"[\w.\-\[\]]+==\S+ .*--hash=sha256:", entry)]
    assert loose == []
    assert "://" not in text


def test_the_running_product_uses_the_versions_it_is_tested_with() -> None:
    run, dev = ({*re.findall(r"^([\w.\-]+==\S+)", pins.read_text(), re.MULTILINE)} for pins in PINS)
    assert run <= dev


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_member_is_named_after_its_folder_and_has_its_package(member: Path) -> None:
    project = tomllib.loads((member / "pyproject.toml").read_text())
    assert project["project"]["name"] == f"shopbooks-{member.name}"
    package = member.name.replace("-", "_")
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [f"src/{package}"]
    assert (member / "src" / package / "__init__.py").exists()


def test_every_member_is_typed_checked_and_under_the_import_rules() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = {member.name.replace("-", "_") for member in MEMBERS}
    sources = {f"$MYPY_CONFIG_FILE_DIR/{(member / 'src').relative_to(ROOT)}" for member in MEMBERS}
    assert set(tools["importlinter"]["root_packages"]) == packages
    assert sources <= set(tools["mypy"]["mypy_path"])


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE)
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [line.split()[1] for line in said.stdout.splitlines()] == targets


def test_test_folders_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
