"""R55: what linking a shop means, decided over every mix of connections known to lead to it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connections import ShopLinkedElsewhere
from api.connections.judging import Because, Match, Wish, connection_to_use
from api.problems import (
    ConnectionNotUsable,
    Problem,
)

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
HERE, AWAY = Wish(is_at_home=True), Wish(is_at_home=False)
matches_of = st.lists(
    st.builds(
        Match,
        connection_id=st.uuids(),
        because=st.sampled_from(Because),
        is_ours=st.booleans(),
        is_in_use=st.booleans(),
        is_released=st.just(False),
        is_at_home=st.booleans(),
        answers=st.booleans(),
        is_spelled_alike=st.booleans(),
        since=st.integers(0, 9).map(lambda days: MOMENT + timedelta(days=days)),
    ),
    max_size=5,
    unique_by=lambda match: match.connection_id,
)
wishes = st.builds(Wish, is_at_home=st.booleans(), replace=st.booleans(), by_operator=st.booleans())


def match(number: int = 1, **more: object) -> Match:
    usual: dict[str, object] = {
        "connection_id": UUID(int=number),
        "because": Because.SAME_ORDERS,
        "is_ours": True,
        "is_in_use": True,
        "is_released": False,
        "is_at_home": True,
        "answers": True,
        "is_spelled_alike": False,
        "since": MOMENT + timedelta(days=number),
    }
    return Match(**(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "wish", "chosen"),
    [
        ([], HERE, None),
        ([match(because=Because.SAME_ADDRESS)], HERE, 1),
        ([match(because=Because.SAME_ADDRESS, is_in_use=False)], HERE, 1),
        ([match(answers=False)], HERE, 1),
        ([match(answers=False, is_in_use=False)], HERE, 1),
        ([match()], Wish(is_at_home=True, replace=True), 1),
        ([match(1, is_in_use=False), match(2)], Wish(is_at_home=True, replace=True), 2),
        ([match(2), match(1, because=Because.SAME_STOREFRONT)], Wish(is_at_home=True, replace=True), 2),
        ([match(1, because=Because.SAME_ADDRESS), match(2)], HERE, 1),
        ([match(1, because=Because.SAME_ADDRESS, is_in_use=False), match(2, answers=False)], HERE, 2),
        ([match(1, because=Because.SAME_ADDRESS, is_in_use=False), match(2, is_in_use=False)], HERE, 1),
        ([match(is_ours=False, is_in_use=False)], HERE, None),
        ([match(is_ours=False, answers=False)], AWAY, None),
        ([match(is_ours=False, is_at_home=False)], HERE, None),
        ([match(1, because=Because.SAME_ADDRESS), match(2, is_ours=False)], AWAY, 1),
        ([match(because=Because.SAME_STOREFRONT, answers=False)], Wish(is_at_home=True, replace=True), 1),
        ([match(1, answers=False), match(2, is_ours=False, because=Because.SAME_ADDRESS)], HERE, 1),
    ],
)
def test_a_connection_is_used_moved_or_made(known: Sequence[Match], wish: Wish, chosen: int | None) -> None:
    assert connection_to_use(known, wish) == (None if chosen is None else UUID(int=chosen))


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ([match()], HERE),
        ([match(is_in_use=False)], HERE),
        ([match(is_ours=False)], HERE),
        ([match(is_ours=False)], Wish(is_at_home=True, replace=True)),
        ([match(is_ours=False, is_at_home=False)], AWAY),
        ([match(is_ours=False, because=Because.SAME_ADDRESS, answers=False, is_at_home=False)], HERE),
        ([match(1, because=Because.SAME_ADDRESS, is_in_use=False), match(2, is_ours=False)], HERE),
        ([match(1, because=Because.SAME_ADDRESS, is_in_use=False), match(2)], HERE),
        ([match(1, is_in_use=False, answers=False), match(2, is_ours=False)], HERE),
        ([match(because=Because.SAME_STOREFRONT, answers=False)], HERE),
        ([match(because=Because.SAME_STOREFRONT, answers=False, is_in_use=False)], HERE),
        *(
            (
                [match(1, because=Because.SAME_STOREFRONT), match(2, is_ours=False, because=stronger)],
                Wish(is_at_home=True, replace=True),
            )
            for stronger in (Because.SAME_ADDRESS, Because.SAME_ORDERS)
        ),
    ],
)
def test_what_is_in_use_elsewhere_is_refused(known: Sequence[Match], wish: Wish) -> None:
    with pytest.raises(ShopLinkedElsewhere):
        connection_to_use(known, wish)


def test_what_an_operator_released_comes_back_by_an_operator_only() -> None:
    released = match(is_in_use=False, is_released=True, answers=False)
    with pytest.raises(ConnectionNotUsable):
        connection_to_use([released], HERE)
    assert connection_to_use([released], Wish(is_at_home=True, by_operator=True)) == UUID(int=1)


@given(matches_of, wishes)
def test_whatever_is_known_two_connections_of_a_tenant_never_come_into_use_for_one_shop(
    known: list[Match], wish: Wish
) -> None:
    ours_in_use = {one.connection_id for one in known if one.is_ours and one.is_in_use}
    try:
        chosen = connection_to_use(known, wish)
    except Problem:
        return
    assert chosen is None or any(one.connection_id == chosen and one.is_ours for one in known)
    if ours_in_use:
        assert chosen in ours_in_use


@given(matches_of, wishes)
def test_a_refusal_for_anothers_sake_names_nobody(known: list[Match], wish: Wish) -> None:
    try:
        connection_to_use(known, wish)
    except ShopLinkedElsewhere as refused:
        named = [one for one in known if str(one.connection_id) in (refused.said or "")]
        assert all(one.is_ours for one in named)


@given(matches_of, st.booleans(), st.booleans())
def test_who_only_claims_to_be_a_shop_keeps_nobody_out_of_his_own_host(
    known: list[Match], replace: bool, by_operator: bool
) -> None:
    claims = [
        one
        for one in known
        if not one.is_ours and not one.is_at_home and one.because is not Because.SAME_ADDRESS
    ]
    wish = Wish(is_at_home=True, replace=replace, by_operator=by_operator)
    assert connection_to_use(claims, wish) is None
