"""Command line of the transit writer."""

import typer

from common.cluster import serve_in_cluster
from common.db.engine import Database
from common.environment import read_environment
from common.http.transport import Network
from common.runtime import ServiceApp
from common.runtime import run as run_process
from common.transport.base import Transport
from transit_writer.app import ClusterSettings, build

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Records what movements are matched with.")


@cli.callback()
def main() -> None:
    """Keep `run` a command of its own, so that others can join it."""


@cli.command()
def run() -> None:
    """Work until told to stop."""
    settings = read_environment(ClusterSettings)

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        return build(settings, db, transport)

    run_process(serve_in_cluster(settings, service))


if __name__ == "__main__":
    cli()
