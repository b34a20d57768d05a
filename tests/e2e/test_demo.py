"""What a newcomer starts: one command, documents booked within seconds, a clean end, and a second start."""

import asyncio
import json
import os
import signal
import stat
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.line import eventually
from tools.servers.processes import free_port

COMMAND = (sys.executable, "-m", "standalone", "demo")
TOKEN = "demo-test-token"
START_SECONDS = 20.0
PRIVATE = 0o600


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


def _free_ports() -> tuple[int, int]:
    """A port for the API and one with two free neighbours for the sandbox."""
    while True:
        sandbox_port = free_port()
        if sandbox_port < 65_000 and all(_is_free(sandbox_port + step) for step in (1, 2)):
            return free_port(), sandbox_port


def _is_free(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=0.2):
            return False
    except OSError:
        return True


@asynccontextmanager
async def demo(data_dir: Path, *, rate: int = 60) -> AsyncIterator[Demo]:
    """The demo on this data folder, ended by its process id."""
    port, sandbox_port = _free_ports()
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
        await eventually(lambda: _some(second, before + 1), within=30, what="more booked documents")
        tenants = await second.get("/api/v1/tenants")
        assert len(tenants["items"]) == 1
        state = await asyncio.to_thread(
            _fetch, f"http://127.0.0.1:{second.sandbox_port + 2}/_control/state", {}
        )
        numbers = [(voucher["type"], voucher["voucherNumber"]) for voucher in state["vouchers"]]
        assert len(numbers) == len(set(numbers)) >= before
        assert await second.stop() == 0


async def _some(running: Demo, count: int) -> bool:
    assert running.process.returncode is None, "the demo ended by itself"
    return await running.booked() >= count


async def _says(log: Path, text: str) -> bool:
    return text in log.read_text()
