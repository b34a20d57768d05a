"""Ready is one sentence: not ready is a process that can do none of its work for a minute."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from common.observability.health import PATIENCE_SECONDS, CheckStates, NotReady
from common.observability.routes import ops_router


class Thing:
    """Something that works or not, and a clock."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.now = 0.0

    async def check(self) -> None:
        if self.trouble:
            raise self.trouble

    def clock(self) -> float:
        return self.now


@pytest.fixture
def thing() -> Thing:
    return Thing()


async def test_a_check_fails_from_its_first_bad_answer_until_a_good_one(thing: Thing) -> None:
    standings = CheckStates({"thing": thing.check}, thing.clock)
    assert standings.never_held() == ["thing"]
    assert await standings.ask() == {"thing": "ok"}
    thing.trouble = NotReady("it is away")
    assert await standings.ask() == {"thing": "it is away"}
    thing.now += PATIENCE_SECONDS - 1
    assert standings.failing() == {}
    thing.now += 1
    assert standings.failing() == {"thing": "it is away"}
    thing.trouble = None
    await standings.ask()
    assert standings.failing() == {}
    assert standings.never_held() == []


async def test_an_error_of_a_check_is_its_answer_without_its_words(thing: Thing) -> None:
    thing.trouble = ValueError("Erika Mustermann")
    assert await CheckStates({"thing": thing.check}).ask() == {"thing": "ValueError"}


async def test_a_process_is_not_ready_before_every_need_has_held_once(thing: Thing) -> None:
    thing.trouble = NotReady("no key opens")
    async with asking(needs={"keys": thing.check}) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["keys"])
        thing.trouble = None
        assert (await client.get("/readyz")).status_code == 200
        thing.trouble = NotReady("away for a moment")
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (200, {"keys": "away for a moment"})


async def test_a_part_that_fails_is_shown_and_the_process_stays_ready(thing: Thing) -> None:
    thing.trouble = NotReady("the broker does not answer")
    async with asking(parts={"broker": thing.check}) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"broker": "the broker does not answer"}


def asking(**checks: object) -> httpx.AsyncClient:
    """A client of an application that has just these checks."""
    app = FastAPI()
    given: dict[str, object] = {"needs": {}, "parts": {}} | checks
    app.include_router(ops_router(given["needs"], given["parts"], [], asyncio.Event()))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ops")
