"""Who waits at a rate limit: everything live, and of history its share."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from common.domain.stored_words import Lane
from common.inbox.messages import RawMessage
from common.inbox.patience import Patience

SHARE = 0.2


def claimed(live: int, history: int) -> list[RawMessage]:
    """What one claim takes from both lanes."""
    lanes = [Lane.LIVE] * live + [Lane.HISTORY] * history
    return [
        RawMessage(
            inbox_id=place,
            event_id=uuid4(),
            type="t",
            tenant_id=uuid4(),
            ordering_key=str(place),
            lane=lane,
            attempts=0,
            failures=0,
            payload=b"",
            headers={},
            gives_way=lane is Lane.HISTORY,
        )
        for place, lane in enumerate(lanes)
    ]


def patient(messages: list[RawMessage], lane: Lane) -> int:
    return sum(message.lane is lane and not message.gives_way for message in messages)


def test_history_alone_gives_way_to_whatever_comes() -> None:
    patience = Patience(SHARE)
    assert sum(patient(patience.share_out(claimed(0, 50)), Lane.HISTORY) for _ in range(20)) == 0


def test_the_oldest_of_history_wait_like_live_ones() -> None:
    messages = Patience(SHARE).share_out(claimed(8, 50))
    assert [one.inbox_id for one in messages if not one.gives_way] == [*range(8), 8, 9]


@given(live=st.integers(1, 40), history=st.integers(1, 200), claims=st.integers(20, 60))
def test_of_those_who_wait_history_has_its_share_and_never_more(live: int, history: int, claims: int) -> None:
    patience = Patience(SHARE)
    rounds = [patience.share_out(claimed(live, history)) for _ in range(claims)]
    assert all(patient(messages, Lane.LIVE) == live for messages in rounds)
    share = sum(patient(messages, Lane.HISTORY) for messages in rounds)
    owed = claims * live * SHARE / (1 - SHARE)
    assert share <= owed + 1e-6
    if live * SHARE / (1 - SHARE) + 1 <= history:
        assert share >= owed - 1 - 1e-6


@given(live=st.integers(0, 9), history=st.integers(0, 9))
def test_nothing_is_lost_or_moved(live: int, history: int) -> None:
    messages = claimed(live, history)
    assert [one.inbox_id for one in Patience(SHARE).share_out(messages)] == list(range(live + history))
