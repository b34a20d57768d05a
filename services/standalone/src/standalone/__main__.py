"""Command line of the single-process profile."""

import typer

from common.runtime import run as run_process
from standalone.app import serve_demo, serve_standalone
from standalone.settings import Settings

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="All services in one process, on SQLite.")


@cli.command()
def run() -> None:
    """Serve the API and work for the tenants that were set up through it."""
    run_process(serve_standalone(Settings()))


@cli.command()
def demo() -> None:
    """The same, with a sandbox that plays shop and books and a demo tenant."""
    run_process(serve_demo(Settings()))


if __name__ == "__main__":
    cli()
