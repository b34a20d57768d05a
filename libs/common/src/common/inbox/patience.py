"""Who of what was claimed gives way where room is short: history, except for the share it always keeps."""

from collections.abc import Sequence
from dataclasses import replace

from common.inbox.messages import RawMessage


class Patience:
    """A claim has room for all that is due; where less is allowed, at a rate limit, this shares that out."""

    def __init__(self, history_share: float) -> None:
        self._per_other = history_share / (1 - history_share)
        self._owed = 0.0

    def share_out(self, messages: Sequence[RawMessage]) -> list[RawMessage]:
        """The messages, of which the oldest of history are as patient as others; so many as are its share."""
        behind = [message.inbox_id for message in messages if message.gives_way]
        owed = self._owed + self._per_other * (len(messages) - len(behind))
        patient = set(behind[: int(owed)])
        self._owed = min(owed - len(patient), 1.0)
        return [replace(one, gives_way=False) if one.inbox_id in patient else one for one in messages]
