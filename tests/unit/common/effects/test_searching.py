"""A search that says nothing is repeated later and later, and shown once that has lasted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from common.domain.stored_words import AttemptState
from common.effects.attempts import Attempt
from common.effects.effect import Effect, Parked, Refused, SearchResult
from common.effects.searches import ReconcileSchedule, Search
from common.effects.searching import Searching
from common.effects.witness import Witness
from common.errors import ConnectorError
from common.http.errors import NotFound, RateLimitWait
from common.later import Later
from common.lexware.errors import AccessDenied, BooksUnavailable, RequestRejected
from common.settings import EffectSettings

ARMED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = EffectSettings()
SAYS_NOTHING = (BooksUnavailable("503"), RequestRejected("400"), NotFound("404"))


@dataclass
class Blind:
    """An effect whose search ends so."""

    end: ConnectorError | None

    async def search(self) -> SearchResult:
        if self.end is not None:
            raise self.end
        return SearchResult(complete=False)


async def after(seconds: float, end: ConnectorError | None) -> Any:
    """What a search means that long after the attempt was armed."""
    schedule = ReconcileSchedule(SETTINGS)
    searching = Searching(schedule, Witness(lambda: 0.0))
    attempt = Attempt(uuid4(), 1, AttemptState.OPEN, ARMED_AT)
    effect = cast(Effect, Blind(end))
    found = await searching.search(effect, attempt, ARMED_AT + timedelta(seconds=seconds))
    return searching.after(attempt, (found,)) if isinstance(found, Search) else found


@pytest.mark.parametrize("end", [*SAYS_NOTHING, None])
@pytest.mark.parametrize(("age", "pause"), [(400.0, 50.0), (1600.0, 200.0), (3599.0, 300.0)])
async def test_pause_grows_with_the_time_it_lasts_up_to_five_minutes(
    end: ConnectorError | None, age: float, pause: float
) -> None:
    assert await after(age, end) == Later(timedelta(seconds=pause), "write_unconfirmed")


@pytest.mark.parametrize("end", [*SAYS_NOTHING, None])
@pytest.mark.parametrize("age", [3600.0, 1e7])
async def test_after_an_hour_a_person_is_told_and_it_is_never_absent(
    end: ConnectorError | None, age: float
) -> None:
    said = "search_incomplete" if end is None or isinstance(end, NotFound) else end.code
    params = {"since": ARMED_AT.isoformat(), "said": said}
    assert await after(age, end) == Parked("write_unsettled", params)


async def test_what_speaks_of_the_connection_is_told_of_it() -> None:
    denied = AccessDenied("403")
    assert await after(1e7, denied) == Refused(denied)


async def test_waiting_for_the_rate_limit_is_no_search() -> None:
    soon = timedelta(seconds=2)
    assert await after(1e7, RateLimitWait("later", retry_after=soon)) == Later(soon, "write_unconfirmed")
