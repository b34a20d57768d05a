"""Repeats inside one call, for requests that are safe to send twice."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina

from common.http.errors import ServerTrouble, Unreachable
from common.http.transport import Response

T = TypeVar("T")

TRIES = 3
LONGEST_PAUSE = timedelta(seconds=5)  # a longer wish of the server gives the work back instead
LONGEST_WISH = timedelta(hours=1)  # a mistaken header must not stop a connection for years


async def with_retries(call: Callable[[], Awaitable[T]]) -> T:
    """Try until it works. Returns the first result; raises the last error when none comes."""
    async for attempt in stamina.retry_context(
        on=_pause, attempts=TRIES, timeout=30, wait_initial=0.2, wait_max=2.0, wait_jitter=0.2
    ):
        with attempt:
            return await call()
    raise AssertionError("unreachable")


def retry_after(response: Response) -> timedelta | None:
    """What the server asked for in `Retry-After`, in seconds or as a date; None without a usable wish.

    At most an hour, after which it is asked again.
    """
    wish = response.headers.get("retry-after", "").strip()
    if wish.isdigit() and len(wish) < 7:
        return min(timedelta(seconds=int(wish)), LONGEST_WISH)
    try:
        moment = parsedate_to_datetime(wish)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return min(max(moment - datetime.now(UTC), timedelta()), LONGEST_WISH)


def _pause(error: Exception) -> bool | timedelta:
    if not isinstance(error, Unreachable | ServerTrouble):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_PAUSE else False
