"""A process for tests of the runtime: `python process.py MODE SECONDS`.

One component does what MODE says; a stop may take so many SECONDS.
"""

import asyncio
import sys
from datetime import timedelta

from common.observability.health import NotReady
from common.runtime import ServiceApp, run, serve
from common.settings import OpsSettings


def say(word: str) -> None:
    """Tell the test, at once."""
    print(word, flush=True)


class Part:
    """Works for a while after the stop, or for ever, or breaks."""

    name = "part"

    def __init__(self, mode: str) -> None:
        self._mode = mode

    async def run(self, stop: asyncio.Event) -> None:
        """Do what the mode says."""
        say("running")
        if self._mode == "crash":
            raise ValueError("Erika Mustermann")
        await stop.wait()
        say("asked to stop")
        if self._mode == "endless":
            await asyncio.sleep(3600)
        await asyncio.sleep(0.1)
        say("drained")


async def close() -> None:
    """Give back what the app holds."""
    say("closed")


async def main(mode: str, drain_seconds: float) -> None:
    """Serve one app on a free port."""

    async def fine() -> None:
        if mode == "unready":
            raise NotReady("books are away")

    app = ServiceApp(name="probe", components=[Part(mode)], needs={"books": fine}, close=close)
    drain = timedelta(seconds=drain_seconds)
    await serve([app], OpsSettings(host="127.0.0.1", port=0, drain_timeout=drain))


if __name__ == "__main__":
    run(main(sys.argv[1], float(sys.argv[2])))
