"""A process that forks service processes on demand: their imports are paid once, and none outlives it.

One JSON order per line on stdin; every birth, stop and end is told by one JSON line on stdout.
"""

import json
import os
import select
import signal
import sys
import traceback
from io import FileIO
from pathlib import Path
from typing import Any, NoReturn

from support.crashing_roles import ROLES, Fate

BROKEN = 70  # exit code of a role that raised


class Nursery:
    """Bears processes and watches over them."""

    def __init__(self, orders: FileIO, wake: int) -> None:
        self._orders, self._wake = orders, wake
        self._alive: set[int] = set()

    def run(self) -> None:
        """Carry out orders until there are no more, then end every process by its id."""
        try:
            while True:
                ready, _, _ = select.select([self._orders.fileno(), self._wake], [], [])
                if self._wake in ready:
                    os.read(self._wake, 4096)
                    self._look_after()
                if self._orders.fileno() in ready:
                    line = self._orders.readline()
                    if not line:
                        return
                    self._bear(json.loads(line))
        finally:
            for pid in self._alive:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _bear(self, order: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            become(order)
        self._alive.add(pid)
        tell(born=pid, order=order["order"])

    def _look_after(self) -> None:
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                tell(stopped=pid)
            else:
                self._alive.discard(pid)
                tell(ended=pid, code=os.waitstatus_to_exitcode(status))


def tell(**fact: int) -> None:
    """Let the test know, at once."""
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def become(order: dict[str, Any]) -> NoReturn:
    """Be the service process that was ordered, to its end."""
    code = 0
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _use_streams(Path(order["log"]))
        os.environ.update(order["environment"])
        ROLES[order["role"]](Fate(**order["fate"]))
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else BROKEN
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not go on as the nursery
        traceback.print_exc()
        code = BROKEN
    finally:
        sys.stderr.flush()
        os._exit(code)


def _use_streams(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(nothing, 0)
    os.dup2(written, 1)
    os.dup2(written, 2)


def main() -> None:
    """Serve the process that started this one; its end is the end of all."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    with open(0, "rb", buffering=0) as orders:
        tell(ready=os.getpid())
        Nursery(orders, wake).run()


if __name__ == "__main__":
    main()
