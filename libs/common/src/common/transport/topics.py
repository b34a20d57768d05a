"""Make and check the topics of an installation; services never make one.

`python -m common.transport.topics apply` is run once before a release, like the migrations; `check` says
what is missing or different, one line each, and ends with 1 then.
"""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from common.db.trouble import describe
from common.events.topics import TOPICS
from common.settings import KafkaSettings
from common.transport.topic_admin import apply_topics, check_topics

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


def _option(variable: str, says: str) -> Any:
    return typer.Option(envvar=f"KAFKA_{variable}", help=says)


Servers = Annotated[str, _option("BOOTSTRAP_SERVERS", "brokers, comma between them")]
Prefix = Annotated[str, _option("TOPIC_PREFIX", "what stands before each name")]
Replicas = Annotated[int, _option("REPLICATION_FACTOR", "copies of each topic")]
Protocol = Annotated[str, _option("SECURITY_PROTOCOL", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")]
Mechanism = Annotated[str | None, _option("SASL_MECHANISM", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")]
User = Annotated[str | None, _option("SASL_USERNAME", "of somebody who may create and alter topics")]
Password = Annotated[str | None, typer.Option(envvar="KAFKA_SASL_PASSWORD", help="of that user")]
Grow = Annotated[bool, typer.Option(help="add partitions where there are fewer than declared")]


@app.callback()
def connect(
    context: typer.Context,
    bootstrap_servers: Servers,
    topic_prefix: Prefix = "",
    replication_factor: Replicas = 1,
    security_protocol: Protocol = "PLAINTEXT",
    sasl_mechanism: Mechanism = None,
    sasl_username: User = None,
    sasl_password: Password = None,
) -> None:
    """Make and check the topics of an installation."""
    settings = KafkaSettings(
        bootstrap_servers=bootstrap_servers,
        topic_prefix=topic_prefix,
        security_protocol=security_protocol,
        sasl_mechanism=sasl_mechanism,
        sasl_username=sasl_username,
        sasl_password=SecretStr(sasl_password) if sasl_password else None,
    )
    context.obj = (settings, replication_factor)


@app.command()
def apply(context: typer.Context, grow: Grow = False) -> None:
    """Make what is missing and set what differs; says what is left to a person."""
    settings, replicas = context.obj
    _said(apply_topics(settings, TOPICS, replicas=replicas, grow=grow))


@app.command()
def check(context: typer.Context) -> None:
    """Say what is missing or different, and end with 1 then."""
    settings, replicas = context.obj
    if _said(check_topics(settings, TOPICS, replicas=replicas)):
        raise typer.Exit(1)


def _said(work: Coroutine[Any, Any, list[str]]) -> list[str]:
    try:
        problems = asyncio.run(work)
    except (KafkaError, OSError) as error:
        typer.echo(describe(error), err=True)
        raise typer.Exit(1) from None
    for problem in problems:
        typer.echo(problem, err=True)
    return problems


if __name__ == "__main__":
    app()
