"""A real process drains on a signal, ends with 1 when a part of it crashed, and says how it is."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest

SCRIPT = Path(__file__).with_name("process.py")
GUARD = 60  # seconds; nothing here is measured, a process that hangs is ended
PATIENT, HASTY = 600.0, 0.5  # seconds a stop may take


class Process:
    """The process of a test with what it said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.logged: list[dict[str, object]] = []
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_log())]

    async def hears(self, word: str) -> None:
        """Return when the process has said the word."""
        async with asyncio.timeout(GUARD):
            while word not in self.said:
                await asyncio.sleep(0.01)

    async def address(self) -> str:
        """Where its HTTP port is."""
        async with asyncio.timeout(GUARD):
            while True:
                for line in self.logged:
                    if line["event"] == "runtime.started":
                        return f"http://127.0.0.1:{line['port']}"
                await asyncio.sleep(0.01)

    async def exit_code(self) -> int:
        """Wait for its end."""
        async with asyncio.timeout(GUARD):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())

    async def _read_log(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self.logged.append(json.loads(line))


class Start(Protocol):
    """Starts a process that does what the mode says and takes so long for a stop."""

    async def __call__(self, mode: str, drain: float = PATIENT) -> Process: ...


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts processes that are gone afterwards."""
    started: list[Process] = []

    async def begin(mode: str, drain: float = PATIENT) -> Process:
        command = (sys.executable, str(SCRIPT), mode, str(drain))
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        started.append(Process(process))
        return started[-1]

    yield begin
    for one in started:
        if one.process.returncode is None:
            one.process.kill()
        await one.exit_code()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_what_has_begun(start: Start, number: signal.Signals) -> None:
    process = await start("calm")
    await process.hears("running")
    await process.address()
    process.process.send_signal(number)
    assert await process.exit_code() == 0
    assert process.said == ["running", "asked to stop", "drained", "closed"]


async def test_what_does_not_end_in_time_is_cancelled(start: Start) -> None:
    process = await start("endless", HASTY)
    await process.address()
    process.process.send_signal(signal.SIGTERM)
    assert await process.exit_code() == 0
    assert process.said == ["running", "asked to stop", "closed"]
    assert "runtime.cancelled" in [line["event"] for line in process.logged]


async def test_a_second_signal_does_not_wait(start: Start) -> None:
    process = await start("endless")
    await process.address()
    process.process.send_signal(signal.SIGINT)
    await process.hears("asked to stop")
    process.process.send_signal(signal.SIGINT)
    assert await process.exit_code() == 0


async def test_a_crash_ends_the_process_with_1_and_tells_no_data(start: Start) -> None:
    process = await start("crash")
    assert await process.exit_code() == 1
    assert process.said == ["running", "closed"]
    (crash,) = [line for line in process.logged if line["event"] == "runtime.component_crashed"]
    assert "ValueError" in str(crash["exception"])
    assert "Erika" not in json.dumps(process.logged)


async def test_the_process_says_how_it_is(start: Start) -> None:
    process = await start("calm")
    async with httpx.AsyncClient(base_url=await process.address()) as client:
        assert (await client.get("/healthz")).json() == {"alive": True, "silent": []}
        assert (await client.get("/readyz")).json()["checks"] == {"probe.books": "ok"}
        assert "inbox_claimed_messages_total" in (await client.get("/metrics")).text


async def test_a_process_that_cannot_work_is_alive_but_not_ready(start: Start) -> None:
    process = await start("unready")
    async with httpx.AsyncClient(base_url=await process.address()) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"probe.books": "books are away"}


async def test_a_process_that_stops_is_not_ready_any_more(start: Start) -> None:
    process = await start("endless")
    async with httpx.AsyncClient(base_url=await process.address()) as client:
        process.process.send_signal(signal.SIGTERM)
        await process.hears("asked to stop")
        assert (await client.get("/readyz")).status_code == 503
