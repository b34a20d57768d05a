"""Waiting for events, and looking again and again."""

import asyncio
import time

import pytest

from common.pausing import Seldom, every, wait, wait_for_any

LONG, SHORT = 30.0, 0.01


async def test_waiting_ends_with_the_event() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(SHORT, event.set)
    async with asyncio.timeout(5):
        await wait(event, LONG)


async def test_waiting_ends_with_the_time() -> None:
    event, began = asyncio.Event(), time.monotonic()
    await wait(event, SHORT)
    assert time.monotonic() - began >= SHORT * 0.9
    assert not event.is_set()


async def test_who_is_cancelled_while_waiting_is_cancelled() -> None:
    waiting = asyncio.create_task(wait(asyncio.Event(), LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("seconds", [LONG, None])
async def test_waiting_for_any_ends_with_the_first_event_and_leaves_no_task(seconds: float | None) -> None:
    never, soon = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().call_later(SHORT, soon.set)
    async with asyncio.timeout(5):
        await wait_for_any(never, soon, seconds=seconds)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_waiting_for_any_ends_with_the_time() -> None:
    async with asyncio.timeout(5):
        await wait_for_any(asyncio.Event(), asyncio.Event(), seconds=SHORT)


async def test_the_first_turn_is_at_once_and_each_next_one_after_the_pause() -> None:
    stop, moments = asyncio.Event(), list[float]()
    async for _ in every(SHORT, stop):
        moments.append(time.monotonic())
        if len(moments) == 3:
            stop.set()
    assert len(moments) == 3
    assert moments[2] - moments[0] >= SHORT * 1.8


async def test_told_to_stop_in_a_pause_there_is_no_further_turn() -> None:
    stop, turns = asyncio.Event(), 0
    asyncio.get_running_loop().call_later(SHORT, stop.set)
    async with asyncio.timeout(5):
        async for _ in every(LONG, stop):
            turns += 1
    assert turns == 1


async def test_told_to_stop_before_there_is_no_turn_at_all() -> None:
    stop = asyncio.Event()
    stop.set()
    assert [turn async for turn in every(SHORT, stop)] == []


def test_what_is_seldom_done_is_due_at_first_and_rests_from_when_it_was_done() -> None:
    now = 1000.0
    looks = Seldom(60.0, lambda: now)
    assert looks.is_due()
    now += 5.0  # the look itself took a while
    looks.done()
    assert not looks.is_due()
    now += 59.9
    assert not looks.is_due()
    now += 0.1
    assert looks.is_due()


def test_what_is_wanted_again_is_due_at_once() -> None:
    looks = Seldom(60.0)
    looks.done()
    assert not looks.is_due()
    looks.again()
    assert looks.is_due()
