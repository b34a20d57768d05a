"""What every order has; the sender chooses `command_id`, so the same id again is the same command."""

from uuid import UUID

from common.events.base import Event


class Command(Event):
    """An order to one service."""

    command_id: UUID

    @property
    def fact(self) -> str:
        return str(self.command_id)


class DeadLetterCommand(Command):
    """About one dead letter of one service."""

    dead_letter_id: UUID

    @property
    def ordering_key(self) -> str:
        return f"dead-letter:{self.dead_letter_id}"
