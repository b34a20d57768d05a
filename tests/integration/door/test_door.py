"""Who does not say what he wants in time is sent away, and nobody who does has to stand behind him."""

import asyncio
import os
import signal
import socket

import pytest

from common.runtime import serve
from common.settings import OpsSettings
from integration.door.house import LARGE, SECONDS, Caller, Open, get, patience

LENGTH = 20


async def seconds_until_end(caller: Caller) -> tuple[float, bytes]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    said = await caller.rest()
    return loop.time() - started, said


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
        f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {LENGTH}\r\n\r\n".encode(),
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
)
@pytest.mark.parametrize("dribbles", [False, True])
async def test_who_does_not_come_to_an_end_in_time_is_sent_away(
    open_house: Open, said: bytes, dribbles: bool
) -> None:
    house = await open_house(patience(body_seconds=SECONDS))
    caller = await house.knock(said)
    dribbling = asyncio.create_task(caller.dribble()) if dribbles and said else None
    seconds, answer = await seconds_until_end(caller)
    assert SECONDS * 0.8 < seconds < SECONDS * 10
    assert answer.startswith(b"HTTP/1.1 408 ") or not answer
    assert house.bodies == []
    if dribbling is not None:
        dribbling.cancel()


async def test_a_request_after_the_first_has_the_same_time_and_an_empty_line_is_none(
    open_house: Open,
) -> None:
    house = await open_house(patience())
    caller = await house.knock(get())
    assert b"200 OK" in await caller.reader.readuntil(b'"quick"')
    caller.writer.write(get())
    assert b"200 OK" in await caller.reader.readuntil(b'"quick"')
    caller.writer.write(b"\r\n")
    seconds, _ = await seconds_until_end(caller)
    assert SECONDS * 0.8 < seconds < SECONDS * 10


async def test_an_answer_may_take_longer_than_the_request(open_house: Open) -> None:
    house = await open_house(patience())
    caller = await house.knock(get("/slow"))
    await asyncio.sleep(SECONDS * 3)
    house.release.set()
    assert b"200 OK" in await caller.reader.readuntil(b'"slow"')


async def test_a_body_that_comes_in_time_is_taken_whole(open_house: Open) -> None:
    house = await open_house(patience())
    caller = await house.knock(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    await asyncio.sleep(SECONDS / 4)
    caller.writer.write(b"def")
    assert b"200 OK" in await caller.reader.readuntil(b'"taken"')
    assert house.bodies == [b"abcdef"]


async def test_when_all_room_is_taken_the_one_who_has_been_silent_longest_makes_it(open_house: Open) -> None:
    house = await open_house(patience(connections=5, head_seconds=60, body_seconds=60))
    silent = [await house.knock(b"GET / HTTP/1.1\r\n") for _ in range(5)]
    for place, earlier in enumerate(silent):
        newcomer = await house.knock(get(more="Connection: close\r\n"))
        assert b"200 OK" in await newcomer.rest()
        if place == 0:
            assert await earlier.rest() == b""
        else:
            assert not earlier.reader.at_eof()


async def test_a_flood_of_silent_callers_keeps_nobody_out(open_house: Open) -> None:
    house = await open_house(patience(connections=20, head_seconds=60, body_seconds=60))
    flood = [
        await house.knock(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n") for _ in range(200)
    ]
    for _ in range(5):
        caller = await house.knock(get(more="Connection: close\r\n"))
        assert b"200 OK" in await caller.rest()
    ended = await asyncio.gather(*(caller.rest() for caller in flood[:175]))
    assert set(ended) == {b""}


async def test_whose_request_is_whole_is_answered_and_newcomers_find_no_room(open_house: Open) -> None:
    house = await open_house(patience(connections=3))
    asked = [await house.knock(get("/slow", "Connection: close\r\n")) for _ in range(3)]
    async with asyncio.timeout(10):
        while house.inside < 3:
            await asyncio.sleep(0.01)
    assert await (await house.knock(get())).rest() == b""
    house.release.set()
    assert all(b'"slow"' in answer for answer in await asyncio.gather(*(one.rest() for one in asked)))
    assert b"200 OK" in await (await house.knock(get(more="Connection: close\r\n"))).rest()


async def test_who_takes_nothing_of_his_answer_is_sent_away_and_who_is_slow_gets_it(open_house: Open) -> None:
    house = await open_house(patience(stall_seconds=SECONDS))
    caller = await house.knock(get("/large", "Connection: close\r\n"))
    await asyncio.sleep(SECONDS * 3)
    assert len(await caller.rest()) < len(LARGE)
    slow = await house.knock(get("/large", "Connection: close\r\n"))
    taken = 0
    while piece := await slow.reader.read(8 * 1024 * 1024):
        taken += len(piece)
        await asyncio.sleep(SECONDS / 100)
    assert taken > len(LARGE)


@pytest.mark.parametrize("endless", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
async def test_a_head_without_measure_is_refused(open_house: Open, endless: bytes) -> None:
    house = await open_house(patience(head_bytes=4096, head_seconds=60))
    line = b"X: " + b"a" * 1000 + b"\r\n"
    caller = await house.knock(endless + (line if endless.endswith(b"\n") else b"a" * 1000) * 60)
    assert (await caller.rest())[:12] in {b"HTTP/1.1 431", b""}


@pytest.mark.parametrize(
    ("first", "again"), [(b"X: ", b"a" * 1000), (b"", b"a" * 1000), (b"", b"X: " + b"a" * 995 + b"\r\n")]
)
async def test_what_follows_a_body_has_the_measure_of_a_head(
    open_house: Open, first: bytes, again: bytes
) -> None:
    house = await open_house(patience(head_bytes=4096, head_seconds=60, body_seconds=60))
    last = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    caller = await house.knock(last + first)
    for _ in range(60):
        caller.writer.write(again)
        await asyncio.sleep(0.001)
    assert (await caller.rest())[:12] in {b"HTTP/1.1 431", b""}
    assert house.bodies == []


async def test_a_body_in_the_smallest_pieces_is_taken_whole(open_house: Open) -> None:
    house = await open_house(patience(head_bytes=4096, head_seconds=60, body_seconds=60))
    caller = await house.knock(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        caller.writer.write(b"1;some=thing\r\na\r\n" * 100)
        await caller.writer.drain()
        await asyncio.sleep(0)
    caller.writer.write(b"0\r\nX: a\r\n\r\n")
    assert b"200 OK" in await caller.reader.readuntil(b'"taken"')
    assert house.bodies == [b"a" * 10_000]


async def test_the_port_of_a_service_stands_behind_the_same_door() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ops = OpsSettings(host="127.0.0.1", port=port, door=patience())
    serving = asyncio.create_task(serve([], ops))
    async with asyncio.timeout(10):
        while True:
            try:
                caller = Caller(*await asyncio.open_connection("127.0.0.1", port))
                break
            except OSError:
                await asyncio.sleep(0.05)
    caller.writer.write(b"GET /healthz HTTP/1.1\r\n")
    seconds, answer = await seconds_until_end(caller)
    assert SECONDS * 0.8 < seconds < SECONDS * 10
    assert answer.startswith(b"HTTP/1.1 408 ")
    caller.writer.close()
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
