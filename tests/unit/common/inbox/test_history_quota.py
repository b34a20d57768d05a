"""What a worker's claims owe to history."""

from uuid import uuid4

from common.domain.stored_words import Lane
from common.inbox.history_quota import HistoryQuota
from common.inbox.messages import RawMessage


def claimed(*, live: int = 0, history: int = 0) -> list[RawMessage]:
    """Messages of a claim."""
    lanes = [Lane.LIVE] * live + [Lane.HISTORY] * history
    return [
        RawMessage(at, uuid4(), "type", uuid4(), str(at), lane, 0, 0, b"", {})
        for at, lane in enumerate(lanes)
    ]


def test_a_share_too_small_for_a_message_is_saved_up_until_it_makes_one() -> None:
    quota = HistoryQuota(share=0.25, claim_batch=4)
    owed = []
    for _ in range(4):
        quota.count(claimed(live=1))
        owed.append(quota.messages)
    assert owed == [0, 0, 0, 1]


def test_what_history_got_is_no_longer_owed() -> None:
    quota = HistoryQuota(share=0.25, claim_batch=8)
    quota.count(claimed(live=8))
    assert quota.messages == 2
    assert quota.count(claimed(live=1, history=3)) == 3
    assert quota.messages == 0


def test_more_than_its_share_is_not_held_against_history_later() -> None:
    quota = HistoryQuota(share=0.5, claim_batch=4)
    quota.count(claimed(history=50))
    quota.count(claimed(live=2))
    assert quota.messages == 1


def test_after_quiet_days_history_is_owed_no_more_than_the_share_of_one_claim() -> None:
    quota = HistoryQuota(share=0.25, claim_batch=8)
    for _ in range(1000):
        quota.count(claimed(live=8))
    assert quota.messages == 3  # a message and a quarter of eight
