"""Command line of ingest."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from common.archive import Archive
from common.cluster import serve_in_cluster
from common.db.engine import Database, open_database
from common.domain.documents import BERLIN
from common.environment import read_environment
from common.http.transport import Network
from common.runtime import ServiceApp
from common.runtime import run as run_process
from common.transport.base import Transport
from ingest.app import ClusterSettings, build, shop_connections
from ingest.orders import OrderReader, backfill_orders

Connection = Annotated[UUID, typer.Option(help="Id of the shop connection")]
Since = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, German time")]

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Reads shops and announces what they issued."
)


@cli.command()
def run() -> None:
    """Work until told to stop."""
    settings = read_environment(ClusterSettings)

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        return build(settings, db, transport, network)

    run_process(serve_in_cluster(settings, service))


@cli.command()
def backfill(connection: Connection, since: Since) -> None:
    """Read every order placed since a day once more; what is known already is not announced again."""
    run_process(_backfill(read_environment(ClusterSettings), connection, since.replace(tzinfo=BERLIN)))


async def _backfill(settings: ClusterSettings, connection_id: UUID, since: datetime) -> None:
    db = open_database(settings.database)
    try:
        async with Network() as network:
            shops = shop_connections(settings, db, network)
            connection = await shops.find(connection_id)
            if connection is None:
                raise typer.BadParameter(f"no active shop connection {connection_id}")
            reader = OrderReader(
                db=db,
                archive=Archive(),
                connection=connection,
                client=await shops.client(connection),
                first_file_retry=settings.files.first_retry,
            )
            orders, documents = await backfill_orders(
                reader, since, reserved_calls=settings.poll.reserved_calls
            )
    finally:
        await db.close()
    typer.echo(f"{orders} orders read, {documents} new documents")


if __name__ == "__main__":
    cli()
