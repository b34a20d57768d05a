"""When a shop's sweeps are due: each night the orders of two days, each week those of ninety."""

import zlib
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from common.domain.documents import BERLIN
from common.domain.stored_words import SweepKind
from ingest.polling.state import CursorProgress, Sweep

WEEK = timedelta(days=7)
FIRST_HOUR, SPREAD_MINUTES = 1, 180


def next_sweep(progress: CursorProgress, connection_id: UUID, now: datetime) -> Sweep | None:
    """The sweep under way, else one that is due, else none."""
    if progress.sweep is not None:
        return progress.sweep
    tonight = last_night(now, connection_id)
    if progress.last_nightly_at is None or progress.last_nightly_at < tonight:
        return Sweep(SweepKind.NIGHTLY, now)
    if progress.last_weekly_at is None or progress.last_weekly_at < tonight - WEEK + timedelta(hours=1):
        return Sweep(SweepKind.WEEKLY, now)
    return None


def last_night(now: datetime, connection_id: UUID) -> datetime:
    """The latest moment at which this shop's nightly work was due; shops are spread over three hours."""
    offset = timedelta(hours=FIRST_HOUR, minutes=zlib.crc32(connection_id.bytes) % SPREAD_MINUTES)
    local = now.astimezone(BERLIN)
    midnight = datetime.combine(local.date(), time(), tzinfo=BERLIN)
    due = midnight.astimezone(UTC) + offset
    return due if due <= now else due - timedelta(days=1)
