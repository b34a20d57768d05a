"""A process that holds one row and renews its lease until it is killed: `python holder.py DATABASE_URL`."""

import asyncio
import sys

from common.db.due import claim_due
from common.db.due_loop import renewed
from common.db.engine import open_database
from common.settings import DatabaseSettings
from support.due import SHAPES, WITH_TWO_COLUMNS

LEASE_SECONDS = 2.0


async def main(url: str) -> None:
    """Hold what is due and say so."""
    db = open_database(DatabaseSettings(url=url))
    async with db.sessions.of_all_tenants() as session:
        (lease,) = await claim_due(session, SHAPES[WITH_TWO_COLUMNS], limit=1, seconds=LEASE_SECONDS)
    async with renewed(db, lease, LEASE_SECONDS):
        print("held", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
