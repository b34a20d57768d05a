"""Processes that tests end, stop and wake, started through a nursery and known by their ids."""

import asyncio
import dataclasses
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.crashing_roles import Fate

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
BIRTH_SECONDS = 60.0
END_SECONDS = 30.0
LIVE_ON = Fate()


class NurseryGone(Exception):
    """The process that starts all others has ended."""


class Child:
    """One service process; `code` is negative when a signal ended it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.pid = 0
        self.code: int | None = None
        self.stopped = False

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet; a stopped process is alive."""
        return self.code is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.is_alive:
            if number is signal.SIGCONT:
                self.stopped = False
            os.kill(self.pid, number)

    async def ended(self, seconds: float = END_SECONDS) -> int:
        """Wait for its end and return the exit code."""
        await self._until(lambda: self.code is not None, seconds, "did not end")
        assert self.code is not None
        return self.code

    async def has_stopped(self, seconds: float = END_SECONDS) -> None:
        """Wait until the process stands still."""
        await self._until(lambda: self.stopped, seconds, "did not stop")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines with this event."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [entry for line in lines if (entry := json.loads(line))["event"] == event]

    def story(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    async def _until(self, condition: Callable[[], bool], seconds: float, trouble: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"process {self.pid} {trouble} within {seconds} s: {self.story()}")
            await asyncio.sleep(0.01)


class Nursery:
    """Starts service processes and hears from a thread of its own what becomes of them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.crashing_nursery"],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")])),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._numbers = itertools.count()
        self._unborn: dict[int, Child] = {}
        self._children: dict[int, Child] = {}
        self._ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not self._ready.wait(BIRTH_SECONDS):
            raise NurseryGone("not ready in time")

    def start(self, role: str, environment: Mapping[str, str], log: Path, fate: Fate = LIVE_ON) -> Child:
        """A new process in this role; it has its id when this returns."""
        child, number = Child(log), next(self._numbers)
        self._unborn[number] = child
        order = {
            "order": number,
            "role": role,
            "environment": dict(environment),
            "log": str(log),
            "fate": dataclasses.asdict(fate),
        }
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + BIRTH_SECONDS
        while not child.pid:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NurseryGone(f"exit code {self._process.returncode}")
            time.sleep(0.002)
        return child

    def close(self) -> None:
        """End the nursery, and with it every process it still has."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(timeout=END_SECONDS)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._listener.join()
            self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            match json.loads(line):
                case {"ready": _}:
                    self._ready.set()
                case {"born": pid, "order": number}:
                    child = self._children[pid] = self._unborn.pop(number)
                    child.pid = pid
                case {"stopped": pid}:
                    self._children[pid].stopped = True
                case {"ended": pid, "code": code}:
                    self._children.pop(pid).code = code
