"""The sandbox as a child process: started, found through its directory, ended with us."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from common.http.answers import NetworkFailure
from common.http.transport import Network
from standalone.settings import Settings
from standalone.starting import CannotStart

START_SECONDS = 20.0
STOP_SECONDS = 10.0
ASK_SECONDS = 2.0


class SandboxDidNotStart(CannotStart):
    """The sandbox ended or stayed silent."""


@asynccontextmanager
async def sandbox(settings: Settings, network: Network) -> AsyncIterator[dict[str, Any]]:
    """Run the sandbox and give its directory of simulators."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "standalone.sandbox_child",
        *_arguments(settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield await _directory(settings, network, process)
    finally:
        await _stop(process)


def _arguments(settings: Settings) -> list[str]:
    data_dir: Path = settings.data_dir / "sandbox"
    return [
        "--port", str(settings.sandbox_port),
        "--data-dir", str(data_dir),
        "--demo-rate", str(settings.demo_rate),
    ]  # fmt: skip


async def _directory(
    settings: Settings, network: Network, process: asyncio.subprocess.Process
) -> dict[str, Any]:
    address = f"http://127.0.0.1:{settings.sandbox_port}/"
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if process.returncode is not None:
            raise SandboxDidNotStart(
                f"The sandbox ended with exit code {process.returncode}; its own words stand above."
            )
        try:
            answer = await network.send("GET", address, {}, None, timeout=ASK_SECONDS)
        except NetworkFailure:
            await asyncio.sleep(0.1)
        else:
            simulators: dict[str, Any] = orjson.loads(answer.content)["simulators"]
            return simulators
    raise SandboxDidNotStart(f"The sandbox did not answer within {START_SECONDS:.0f} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    os.kill(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
