"""Command line of the api."""

import typer

from api.app import ClusterSettings, build
from common.cluster import serve_in_cluster
from common.db.engine import Database
from common.environment import read_environment
from common.http.transport import Network
from common.runtime import ServiceApp
from common.runtime import run as run_process
from common.transport.base import Transport

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Serves the REST interface.")


@cli.callback()
def main() -> None:
    """Keep `run` a command of its own, so that others can join it."""


@cli.command()
def run() -> None:
    """Serve until told to stop."""
    settings = read_environment(ClusterSettings)

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        return build(settings, db, transport, network)

    run_process(serve_in_cluster(settings, service))


if __name__ == "__main__":
    cli()
