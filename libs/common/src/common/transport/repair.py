"""Repair what did not arrive: send again what a reader lacks, or give up what no inbox can hold.

`python -m common.transport.repair resend SERVICE`, `… discard SERVICE EVENT_ID`
"""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from common.db.engine import open_database
from common.events.topics import SERVICES
from common.settings import DatabaseSettings
from common.transport.buried import give_up
from common.transport.gaps import send_again

Url = Annotated[str, typer.Option(envvar="DATABASE_URL", help="SQLAlchemy URL of the database")]

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.callback()
def open_with(context: typer.Context, url: Url) -> None:
    """Repair what did not arrive."""
    context.obj = DatabaseSettings(url=url)


@app.command()
def discard(context: typer.Context, consumer: str, event_id: UUID) -> None:
    """Give up a message that the inbox of a service cannot hold."""
    if not asyncio.run(_discard(context.obj, consumer, event_id)):
        typer.echo(f"nothing is buried under {event_id}", err=True)
        raise typer.Exit(1)


@app.command()
def resend(context: typer.Context, consumer: str) -> None:
    """Send again what a service lacks and the outbox still has."""
    if consumer not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}")
    typer.echo(f"{asyncio.run(_resend(context.obj, consumer))} messages are sent again")


async def _resend(settings: DatabaseSettings, consumer: str) -> int:
    db = open_database(settings)
    try:
        async with db.sessions.of_queues() as session:
            return await send_again(session, consumer)
    finally:
        await db.close()


async def _discard(settings: DatabaseSettings, consumer: str, event_id: UUID) -> bool:
    db = open_database(settings)
    try:
        async with db.sessions.of_queues() as session:
            return await give_up(session, consumer, event_id)
    finally:
        await db.close()


if __name__ == "__main__":
    app()
