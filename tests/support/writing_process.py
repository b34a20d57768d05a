"""`python -m support.writing_process DATABASE_URL BOOKS_URL KEY`: an invoice writer to be killed."""

import asyncio
import sys

from pydantic import SecretStr

from common.db.engine import open_database
from common.http.transport import Network
from common.inbox.accept import accept
from common.settings import DatabaseSettings, EffectSettings, LexwareSettings, WorkerSettings
from common.transport.local import LocalTransport
from invoice_writer.app import build
from invoice_writer.settings import Settings
from support.services import running_services

SCALE = 0.01


def settings_of(database_url: str, books_url: str, key: str, rate: float) -> Settings:
    """A writer with short waits that keeps to portions of this rate, and to no other limit."""
    return Settings(
        database=DatabaseSettings(url=database_url),
        encryption_keys=(SecretStr(key),),
        lexware=LexwareSettings(api_url=books_url, rate_limit_enabled=False, rate_per_second=rate),
        effects=EffectSettings().scaled(SCALE).model_copy(update={"gate": 2.0}),
        worker=WorkerSettings(idle_poll_seconds=0.05, lease_seconds=1.0),
    )


async def work(settings: Settings) -> None:
    """Work until somebody ends the process."""
    db = open_database(settings.database)
    async with Network() as network:
        app = build(settings, db, LocalTransport(db, accept), network)
        async with running_services(app):
            await asyncio.Event().wait()


if __name__ == "__main__":
    url, books, secret, per_second = sys.argv[1:]
    asyncio.run(work(settings_of(url, books, secret, float(per_second))))
