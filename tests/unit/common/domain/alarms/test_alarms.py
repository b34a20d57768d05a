"""The list of alarms is complete, in two languages, and on paper; nobody writes alarm rows past it."""

import re
from pathlib import Path

import pytest

from common.domain.alarms import ALARMS, AlarmKind
from common.domain.alarms.table import alarms_page

ROOT = Path(__file__).parents[5]
THE_ONE_PLACE = ROOT / "libs/common/src/common/db/alarms.py"


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_cause_remedy_and_end_in_both_languages(kind: AlarmKind) -> None:
    text = ALARMS[kind]
    written = (text.cause_de, text.cause_en, text.remedy_de, text.remedy_en, text.ends_de, text.ends_en)
    assert all(part.endswith(".") and part == part.strip() for part in written)
    assert len(set(written)) == 6


def test_a_correction_is_never_called_gutschrift_in_an_alarm_r35() -> None:
    assert "gutschrift" not in alarms_page().lower()


def test_the_page_of_alarms_is_the_table() -> None:
    page = (ROOT / "docs" / "alarms.md").read_text("utf-8")
    assert page == alarms_page(), "run: python -m common.domain.alarms > docs/alarms.md"


def test_alarms_are_raised_and_closed_in_one_place() -> None:
    sources = [path for where in ("libs", "services") for path in sorted((ROOT / where).rglob("*.py"))]
    writing = re.compile(r"(insert|update|delete)\((\w+, )?AlarmRow\)|(?<!class )\bAlarmRow\(\*?\w")
    found = [path for path in sources if path != THE_ONE_PLACE and writing.search(path.read_text("utf-8"))]
    assert found == []
