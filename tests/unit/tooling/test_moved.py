"""A commit that only moves is told from one that changes what a test says."""

import pytest

from tools.moved import MoreThanNames, Renames, compare

BEFORE = '''"""Where a document stands."""

from writer.standing import record_standing, seen

async def test_it_stands(line):
    """The row that `record_standing` wrote."""
    await record_standing(line.session, seen, status="booked")
    assert [row.voucher_id for row in line.rows()] == ["V-1", 2]
'''


def renames_of(before: str, after: str) -> Renames:
    renames = Renames()
    compare(before, after, renames)
    return renames


def test_other_imports_names_and_docstrings_are_a_move() -> None:
    after = (
        BEFORE.replace(
            "writer.standing import record_standing, seen", "writer.outcomes import outcome, state"
        )
        .replace("await record_standing", "await outcome.update_status")
        .replace("`record_standing`", "`update_status`")
        .replace("line.session, seen", "line.session, state")
        .replace("import", "import os\nimport", 1)
    )
    renames = renames_of(BEFORE, after)
    assert renames.changed() == {"record_standing": "outcome.update_status", "seen": "state"}
    assert renames.mixed() == []


def test_a_path_to_the_root_and_the_name_of_a_module_may_move_along() -> None:
    before = 'ROOT = Path(__file__).parents[2]\npatch("writer.standing.now")'
    renames_of(before, 'ROOT = Path(__file__).parents[3]\npatch("writer.outcomes.outcome.now")')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"booked"', '"parked"'),
        ("2]", "3]"),
        ("==", "!="),
        ("[row.voucher_id", "[not row.voucher_id"),
        (', status="booked"', ""),
        ("    assert", "    if line:\n        assert"),
        ("async def", "def"),
    ],
)
def test_another_value_operator_argument_or_statement_is_more_than_a_move(old: str, new: str) -> None:
    with pytest.raises(MoreThanNames):
        renames_of(BEFORE, BEFORE.replace(old, new).replace("await ", "" if old == "async def" else "await "))


def test_a_statement_more_or_less_is_more_than_a_move() -> None:
    with pytest.raises(MoreThanNames):
        renames_of(BEFORE, BEFORE + "    assert line.is_idle\n")
    with pytest.raises(MoreThanNames):
        renames_of(BEFORE, BEFORE.rsplit("    assert", 1)[0])


def test_one_name_that_became_two_is_told() -> None:
    renames = renames_of("f(a)\nf(a)", "f(b)\nf(c)")
    assert renames.mixed() == ["a"]
