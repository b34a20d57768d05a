"""Orders to the transit writer."""

from typing import ClassVar

from common.events import topics
from common.events.commands.base import DeadLetterCommand
from common.events.topics import Topic


class ReplayTransitWriterDeadLetter(DeadLetterCommand):
    """Put a dead letter of the transit writer back in line."""

    type: ClassVar = "transit-writer.dead-letter.replay.v1"
    topic: ClassVar[Topic] = topics.TRANSIT_WRITER_COMMANDS


class DiscardTransitWriterDeadLetter(DeadLetterCommand):
    """Give up a dead letter of the transit writer; its key goes on."""

    type: ClassVar = "transit-writer.dead-letter.discard.v1"
    topic: ClassVar[Topic] = topics.TRANSIT_WRITER_COMMANDS
