"""Orders to ingest."""

from typing import ClassVar

from common.domain.documents import order_key
from common.events import topics
from common.events.commands.base import Command, DeadLetterCommand
from common.events.topics import Topic


class FetchOrder(Command):
    """Read one order and its documents from the shop now."""

    type: ClassVar = "ingest.order.fetch.v1"
    topic: ClassVar = topics.INGEST_COMMANDS

    order_id: str

    @property
    def ordering_key(self) -> str:
        return order_key(self.connection_id, self.order_id)


class FetchShop(Command):
    """Poll a shop connection now instead of at its next turn."""

    type: ClassVar = "ingest.shop.fetch.v1"
    topic: ClassVar = topics.INGEST_COMMANDS

    @property
    def ordering_key(self) -> str:
        return str(self.connection_id)


class ReplayIngestDeadLetter(DeadLetterCommand):
    """Put a dead letter of ingest back in line."""

    type: ClassVar = "ingest.dead-letter.replay.v1"
    topic: ClassVar[Topic] = topics.INGEST_COMMANDS


class DiscardIngestDeadLetter(DeadLetterCommand):
    """Give up a dead letter of ingest; its key goes on."""

    type: ClassVar = "ingest.dead-letter.discard.v1"
    topic: ClassVar[Topic] = topics.INGEST_COMMANDS
