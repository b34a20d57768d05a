"""What a watched process is told to have done."""

import pytest

from bench.profiled import Profile, kind_of


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT a, b \nFROM books.outcomes \nWHERE x", "SELECT books.outcomes"),
        ("INSERT INTO line.outbox (a) VALUES ($1)", "INSERT line.outbox"),
        ("UPDATE line.inbox SET a=1", "UPDATE line.inbox"),
        ("DELETE FROM line.inbox_keys WHERE x", "DELETE line.inbox_keys"),
    ],
)
def test_a_statement_is_known_by_its_verb_and_table(statement: str, kind: str) -> None:
    assert kind_of(statement) == kind


def test_shares_add_up_to_one_and_rare_statements_are_left_out() -> None:
    profile = Profile(samples={"a": 1, "b": 3}, statements={"SELECT x": 200, "SELECT once": 1})

    assert profile.shares() == [("b", 0.75), ("a", 0.25)]
    assert profile.per_document(100) == [("SELECT x", 2.0)]
