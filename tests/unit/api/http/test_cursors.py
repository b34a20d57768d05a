"""A cursor opens only where it was made for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.http import CursorSeal
from api.problems import (
    BadCursor,
)

KEYS = (SecretStr("new"), SecretStr("old"))
positions = st.lists(st.text(), min_size=2, max_size=2)
contexts = st.dictionaries(st.text(), st.none() | st.text() | st.integers(0, 99), max_size=3)


@given(positions, contexts)
def test_a_cursor_opens_to_what_was_sealed(position: list[str], context: dict[str, object]) -> None:
    seal = CursorSeal(KEYS)
    assert seal.open(seal.seal(position, context), context, 2) == position


@given(positions, contexts, contexts)
def test_a_cursor_opens_in_its_context_only(
    position: list[str], context: dict[str, object], other: dict[str, object]
) -> None:
    seal = CursorSeal(KEYS)
    cursor = seal.seal(position, context)
    if context != other:
        with pytest.raises(BadCursor):
            seal.open(cursor, other, 2)


@given(positions, st.data())
def test_a_changed_cursor_is_refused(position: list[str], data: st.DataObject) -> None:
    seal = CursorSeal(KEYS)
    cursor = seal.seal(position, None)
    place = data.draw(st.integers(0, len(cursor) - 2))
    letter = data.draw(st.sampled_from([letter for letter in "AbC9-_=! " if letter != cursor[place]]))
    with pytest.raises(BadCursor):
        seal.open(cursor[:place] + letter + cursor[place + 1 :], None, 2)


@given(st.text())
def test_any_text_is_either_a_cursor_or_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        CursorSeal(KEYS).open(text, None, 2)


def test_cursors_outlive_a_new_key_but_not_the_loss_of_theirs() -> None:
    cursor = CursorSeal(KEYS[1:]).seal(["a", "b"], None)
    assert CursorSeal(KEYS).open(cursor, None, 2) == ["a", "b"]
    with pytest.raises(BadCursor):
        CursorSeal(KEYS[:1]).open(cursor, None, 2)


def test_a_cursor_of_another_shape_is_refused() -> None:
    seal = CursorSeal(KEYS)
    with pytest.raises(BadCursor):
        seal.open(seal.seal(["a"], None), None, 2)
