"""Bring a database to the newest schema, or check that models and history agree."""

import os
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

SCRIPTS = Path(__file__).with_name("migrations")
Url = Annotated[str, typer.Option(envvar="DATABASE_URL", help="SQLAlchemy URL of the database")]

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


def upgrade_database(url: str, revision: str = "head") -> None:
    """Bring the database to the newest or a named revision; never inside a running event loop."""
    command.upgrade(_config(url), revision)


def check_database(url: str) -> None:
    """Raise `CommandError` unless the database at the newest revision is what the models say."""
    command.check(_config(url))


@app.command()
def upgrade(url: Url) -> None:
    """Run every revision the database has not seen."""
    _prepare_folder(url)
    upgrade_database(url)


@app.command()
def check(url: Url) -> None:
    """Fail when the models say something the history does not."""
    try:
        check_database(url)
    except CommandError as difference:
        typer.echo(str(difference), err=True)
        raise typer.Exit(1) from None


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def _prepare_folder(url: str) -> None:
    if url.startswith("sqlite") and ":///" in url:
        Path(url.partition(":///")[2]).parent.mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    app()
