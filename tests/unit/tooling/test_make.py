"""`make clean` keeps data, `make clean-data` asks first, and set-up says what it does."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the project's Makefile, some data and something to clean."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    for script in ("setup.sh", "clean_data.sh"):
        shutil.copy(ROOT / "tools" / script, tmp_path / "tools")
    for folder in ("var", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "in-use.lock").touch()
        (tmp_path / folder / "shopbooks.db").write_text("documents")
    (tmp_path / "code" / "__pycache__").mkdir(parents=True)
    (tmp_path / ".mypy_cache").mkdir()
    return tmp_path


def make(checkout: Path, *words: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=checkout,
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_clean_removes_what_can_be_made_again_and_keeps_the_data(checkout: Path) -> None:
    done = make(checkout, "clean")
    assert done.returncode == 0, done.stderr
    assert not (checkout / ".mypy_cache").exists()
    assert not (checkout / "code" / "__pycache__").exists()
    assert (checkout / "var" / "shopbooks.db").read_text() == "documents"
    assert "make clean-data" in done.stdout


@pytest.mark.parametrize("said", ["", "no\n", "y\n", "YES\n"])
def test_data_goes_only_after_a_plain_yes(checkout: Path, said: str) -> None:
    done = make(checkout, "clean-data", said=said)
    assert done.returncode != 0
    assert "Nothing was removed" in done.stdout
    assert (checkout / "var" / "shopbooks.db").exists()


def test_after_a_yes_the_data_is_gone_and_no_other(checkout: Path) -> None:
    assert make(checkout, "clean-data", said="yes\n").returncode == 0
    assert not (checkout / "var").exists()
    assert (checkout / "elsewhere" / "shopbooks.db").exists()
    assert make(checkout, "clean-data", said="yes\n", DATA_DIR="elsewhere").returncode == 0
    assert not (checkout / "elsewhere").exists()
    again = make(checkout, "clean-data")
    assert (again.returncode, again.stdout) == (0, "There is no data in var.\n")


def test_a_folder_of_somebody_else_is_never_removed(checkout: Path) -> None:
    done = make(checkout, "clean-data", said="yes\n", DATA_DIR="code")
    assert done.returncode != 0
    assert (checkout / "code").exists()


def test_data_in_use_is_never_removed(checkout: Path) -> None:
    lock = checkout / "var" / "in-use.lock"
    holding = subprocess.Popen(["flock", lock, "cat"], stdin=subprocess.PIPE)
    try:
        while subprocess.run(["flock", "--nonblock", lock, "true"], check=False).returncode == 0:
            pass
        done = make(checkout, "clean-data", said="yes\n")
        assert done.returncode != 0
        assert "running process" in done.stderr
        assert (checkout / "var" / "shopbooks.db").exists()
    finally:
        holding.communicate(b"")


def test_set_up_says_what_it_installs_from_where_and_what_is_next(checkout: Path) -> None:
    requirements = checkout / "requirements"
    requirements.mkdir()
    (requirements / "run.txt").write_text("a==1 \\\n    --hash=sha256:0\nb-c==2 ; x\n    # via a\n")
    for member in ("libs/one", "services/two", "services/three"):
        (checkout / member).mkdir(parents=True)
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >> called.txt\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "tools/setup.sh", "run"], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert "Installing 2 packages, pinned with hashes in requirements/run.txt" in done.stdout
    assert "package index" in done.stdout
    assert "Linking our own 3 packages" in done.stdout
    assert "Next: make run" in done.stdout
    called = (checkout / "called.txt").read_text()
    assert "--require-hashes --requirement requirements/run.txt" in called
    assert "--editable=./libs/one --editable=./services/three --editable=./services/two" in called
