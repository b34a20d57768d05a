"""What a newcomer starts: one command, documents booked within seconds, a clean end, and a second start."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.eventually import eventually
from tools.servers.processes import free_ports

COMMAND = (sys.executable, "-m", "standalone", "demo")
TOKEN = "demo-test-token"
START_SECONDS = 60.0  # on a machine that does other work, too
SANDBOX_PORTS = 4  # the directory and three simulators after it
PRIVATE = 0o600

pytestmark = pytest.mark.timeout(240)  # of several starts


@dataclass
class Demo:
    """A running demo."""

    process: asyncio.subprocess.Process
    port: int
    sandbox_port: int

    async def get(self, path: str) -> Any:
        """An answer of the API."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return await asyncio.to_thread(_fetch, f"http://127.0.0.1:{self.port}{path}", headers)

    async def booked(self) -> int:
        """How many documents are booked."""
        try:
            status = await self.get("/api/v1/status")
        except OSError:
            return 0
        return int(status["counts"]["booked"])

    async def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 40)


def _fetch(url: str, headers: dict[str, str]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return json.load(answer)


@asynccontextmanager
async def demo(
    data_dir: Path, *, rate: int = 60, ports: tuple[int, int] | None = None
) -> AsyncIterator[Demo]:
    """The demo on this data folder, ended by its process id."""
    port, sandbox_port, *_ = ports or free_ports(1 + SANDBOX_PORTS)
    env = os.environ | {
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "DATA_DIR": str(data_dir),
        "ADMIN_TOKEN": TOKEN,
        "DEMO_RATE": str(rate),
    }
    with (data_dir.parent / "demo.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "standalone",
            "demo",
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield Demo(process, port, sandbox_port)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_first_start_books_and_second_start_goes_on(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "var", tmp_path / "demo.log"
    async with demo(data_dir) as first:
        await eventually(lambda: _says(log, "  booked"), within=START_SECONDS, what="a booked document")
        page = await first.get("/api/v1/documents?status=booked&limit=1")
        assert page["items"][0]["voucher_id"]
        before = await first.booked()
        assert await first.stop() == 0
    assert stat.S_IMODE((data_dir / "encryption.keys").stat().st_mode) == PRIVATE
    said = log.read_text()
    assert "API docs:" in said
    assert "Traceback" not in said
    async with demo(data_dir) as second:
        await eventually(
            lambda: _some(second, before + 1), within=START_SECONDS, what="more booked documents"
        )
        tenants = await second.get("/api/v1/tenants")
        assert len(tenants["items"]) == 1
        numbers = await _voucher_numbers(second)
        assert len(numbers) == len(set(numbers)) >= before
        assert await second.stop() == 0


async def test_a_second_start_at_the_same_time_is_refused_in_words(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "var", tmp_path / "demo.log"
    async with demo(data_dir, rate=0) as first:
        await eventually(lambda: _is_up(first), within=START_SECONDS, what="the API")
        async with demo(data_dir, rate=0) as on_the_same_folder:
            assert await asyncio.wait_for(on_the_same_folder.process.wait(), START_SECONDS) == 1
        async with demo(tmp_path / "other", ports=(first.port, first.sandbox_port)) as on_the_same_ports:
            assert await asyncio.wait_for(on_the_same_ports.process.wait(), START_SECONDS) == 1
        assert await first.stop() == 0
    said = log.read_text()
    assert f"The data folder {data_dir} is in use" in said
    assert f"port {first.port} for the API" in said
    assert "Traceback" not in said


async def test_the_sandbox_ends_with_a_demo_that_is_killed(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    async with demo(data_dir, rate=0) as killed:
        await eventually(lambda: _is_up(killed), within=START_SECONDS, what="the API")
        killed.process.kill()
        await eventually(lambda: _ports_are_free(killed), within=START_SECONDS, what="free ports")
    async with demo(data_dir, rate=0, ports=(killed.port, killed.sandbox_port)) as second:
        await eventually(lambda: _is_up(second), within=START_SECONDS, what="the API")
        assert await second.stop() == 0


async def test_a_sandbox_on_other_ports_takes_the_place_of_the_first(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    for _ in range(2):
        async with demo(data_dir, rate=0) as running:
            await eventually(lambda: _shops(running), within=START_SECONDS, what="its shop alone in use")
            assert await running.stop() == 0


async def test_r55_on_other_ports_every_number_is_booked_once_over_the_same_connection(
    tmp_path: Path,
) -> None:
    data_dir, seen = tmp_path / "var", list[str]()
    for _ in range(3):
        async with demo(data_dir) as running:
            await eventually(lambda: _shops(running), within=START_SECONDS, what="its shop alone in use")
            more = partial(_some, running, await running.booked() + 3)
            await eventually(more, within=START_SECONDS, what="booked documents")
            shops = (await running.get("/api/v1/connections?kind=shop"))["items"]
            seen += [shop["id"] for shop in shops]
            numbers = await _voucher_numbers(running)
            assert await running.stop() == 0
    assert (len(seen), len(set(seen))) == (3, 1)
    assert len(numbers) == len(set(numbers)) >= 9


async def _is_up(running: Demo) -> bool:
    try:
        return bool(await running.get("/api/v1/status"))
    except OSError:
        return False


async def _shops(running: Demo) -> bool:
    if not await _is_up(running):
        return False
    shops = (await running.get("/api/v1/connections?kind=shop"))["items"]
    active = [shop["base_url"] for shop in shops if shop["state"] == "active"]
    return len(active) == 1 and f":{running.sandbox_port + 1}/" in active[0]


async def _voucher_numbers(running: Demo) -> list[tuple[str, str]]:
    state = await asyncio.to_thread(_fetch, f"http://127.0.0.1:{running.sandbox_port + 2}/_control/state", {})
    return [(voucher["type"], voucher["voucherNumber"]) for voucher in state["vouchers"]]


async def _ports_are_free(running: Demo) -> bool:
    return all(
        _can_listen(port) for port in (running.port, *range(running.sandbox_port, running.sandbox_port + 4))
    )


def _can_listen(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


async def _some(running: Demo, count: int) -> bool:
    assert running.process.returncode is None, "the demo ended by itself"
    return await running.booked() >= count


async def _says(log: Path, text: str) -> bool:
    return text in log.read_text()
