"""How much of a claim is for history before live messages: what it is owed of all that was claimed."""

from collections.abc import Sequence

from common.domain.stored_words import Lane
from common.inbox.messages import RawMessage


class HistoryQuota:
    """Saves up history's share of everything claimed, less what it got.

    A share of a fifth is no whole message where claims are small, so it is owed until it makes one. What is
    owed ends at the share of one full claim: a backfill that begins after quiet days must not go before
    everything live at once.
    """

    def __init__(self, share: float, claim_batch: int) -> None:
        self._share, self._most = share, 1.0 + share * claim_batch
        self._owed = 0.0

    @property
    def messages(self) -> int:
        """So many messages of history the next claim takes first."""
        return int(self._owed)

    def count(self, claimed: Sequence[RawMessage]) -> int:
        """Take a claim into account; returns how many of its messages were history."""
        history = sum(message.lane is Lane.HISTORY for message in claimed)
        owed = self._owed + self._share * len(claimed) - history
        self._owed = min(max(owed, 0.0), self._most)
        return history
