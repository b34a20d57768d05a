"""A request that is sent behind another, before the answer to that one, stands in the door like any other."""

import asyncio
import gc

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from integration.door.house import SECONDS, Open, get, patience


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"]
)
async def test_who_begins_another_request_before_his_answer_makes_room_like_everybody(
    open_house: Open, begun: bytes
) -> None:
    house = await open_house(patience(connections=5, head_seconds=60, body_seconds=60))
    flood = [await house.knock(get() + begun) for _ in range(5)]
    for caller in flood:
        assert b"200 OK" in await caller.reader.readuntil(b'"quick"')
    newcomer = await house.knock(get(more="Connection: close\r\n"))
    assert b"200 OK" in await newcomer.rest()


async def test_an_answer_to_the_second_of_two_requests_at_once_may_take_its_time_too(
    open_house: Open,
) -> None:
    house = await open_house(patience())
    caller = await house.knock(get() + get("/slow"))
    assert b"200 OK" in await caller.reader.readuntil(b'"quick"')
    await asyncio.sleep(SECONDS * 3)
    house.release.set()
    assert b"200 OK" in await caller.reader.readuntil(b'"slow"')


async def test_who_sends_requests_without_measure_before_his_answers_is_refused(open_house: Open) -> None:
    """What waits of one connection is little: each of thousands would be held with all that it needs."""
    house = await open_house(patience(head_seconds=60, body_seconds=60))
    caller = await house.knock(get("/slow") * 5000)
    assert (await caller.rest())[:12] in {b"HTTP/1.1 400", b""}
    await asyncio.sleep(0.1)
    assert sum(isinstance(one, RequestResponseCycle) for one in gc.get_objects()) < 50
    some = await house.knock(get() * 5)
    for _ in range(5):
        assert b"200 OK" in await some.reader.readuntil(b'"quick"')
