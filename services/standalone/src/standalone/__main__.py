"""Command line of the single-process profile."""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer

from common.runtime import run as run_process
from standalone.app import serve_demo, serve_standalone
from standalone.settings import Settings
from standalone.starting import CannotStart, read_settings, sole_use

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="All services in one process, on SQLite.")


@cli.command()
def run() -> None:
    """Serve the API and work for the tenants that were set up through it."""
    _run(serve_standalone)


@cli.command()
def demo() -> None:
    """The same, with a sandbox that plays shop and books and a demo tenant."""
    _run(serve_demo)


def _run(main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Serve alone on the data folder; what is in the way is told in words, without a traceback."""
    try:
        settings = read_settings()
        with sole_use(settings.data_dir):
            run_process(main(settings))
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    cli()
