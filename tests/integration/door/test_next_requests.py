"""A request that is sent behind another, before the answer to that one, stands in the door like any other."""

import asyncio

import pytest

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
