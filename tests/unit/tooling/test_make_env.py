"""`make env` leaves a file that only its owner reads, with secrets nobody else has."""

import re
from pathlib import Path

import pytest

from tools import make_env

EXAMPLE = "# a key\nKEY=\nTOKEN=\nNAME=shop\n"


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an example, as the current one."""
    (tmp_path / ".env.example").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_empty_value_becomes_a_secret_of_its_own(checkout: Path) -> None:
    assert make_env.main() == 0
    text = (checkout / ".env").read_text()
    found = dict(re.findall(r"(?m)^(\w+)=(.+)$", text))
    assert re.fullmatch(r"[0-9a-f]{64}", found["KEY"])
    assert len({found["KEY"], found["TOKEN"]}) == 2
    assert (found["NAME"], text.splitlines()[0]) == ("shop", "# a key")
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays_as_it_is(checkout: Path) -> None:
    (checkout / ".env").write_text("KEY=mine\n")
    assert make_env.main() == 0
    assert (checkout / ".env").read_text() == "KEY=mine\n"
