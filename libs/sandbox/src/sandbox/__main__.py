"""`python -m sandbox`: all simulators on this machine, with a demo shop that sells by itself."""

import asyncio
import logging
import sys

import uvloop

from sandbox.clock import Clock
from sandbox.factory import SIMULATORS, build_simulator
from sandbox.server import PortTaken, SandboxServer
from sandbox.settings import SandboxSettings, settings_from

log = logging.getLogger("sandbox")


async def serve(settings: SandboxSettings) -> None:
    """Run the simulators, and what happens in them by itself, until a signal ends them."""
    clock = Clock(settings.time_scale)
    simulators = [build_simulator(name, clock, settings.data_dir) for name in SIMULATORS]
    ports = [(simulator, settings.port_of(simulator.name)) for simulator in simulators]
    server = SandboxServer(settings.host, ports, settings.port)
    server.stop_on_signals()
    demo = asyncio.create_task(_play(server, settings.demo_rate))
    demo.add_done_callback(_complain)
    try:
        await server.run()
    finally:
        demo.cancel()
        await asyncio.gather(demo, return_exceptions=True)


async def _play(server: SandboxServer, rate: float) -> None:
    """Tell where the simulators are once they listen, then let those live that do so by themselves."""
    await server.started.wait()
    sys.stdout.write(f"sandbox directory {server.directory_url}\n")
    for simulator in server.simulators:
        sys.stdout.write(f"sandbox {simulator.name} {simulator.base_url}\n")
    sys.stdout.flush()
    if rate > 0:
        lives = (simulator.demo(rate) for simulator in server.simulators)
        async with asyncio.TaskGroup() as group:
            for life in lives:
                if life is not None:
                    group.create_task(life)


def _complain(demo: asyncio.Task[None]) -> None:
    if not demo.cancelled() and demo.exception() is not None:
        log.error("the demo shop stopped", exc_info=demo.exception())


def main() -> None:
    """Start from the command line."""
    logging.basicConfig(level=logging.WARNING, format="sandbox %(levelname)s %(message)s")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings_from(sys.argv[1:])))
    except PortTaken as taken:
        sys.exit(f"sandbox: {taken}")


if __name__ == "__main__":
    main()
