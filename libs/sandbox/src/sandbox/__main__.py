"""`python -m sandbox`: all simulators on this machine, with a demo shop that sells by itself."""

import asyncio
import logging
import sys

import uvloop

from sandbox.clock import Clock
from sandbox.demo import DemoPlayer
from sandbox.epages.simulator import EpagesSimulator
from sandbox.factory import SIMULATORS, build_simulator
from sandbox.server import PortTaken, SandboxServer
from sandbox.settings import SandboxSettings, settings_from

log = logging.getLogger("sandbox")


async def serve(settings: SandboxSettings) -> None:
    """Run the simulators and the demo shop until a signal ends them."""
    clock = Clock(settings.time_scale)
    simulators = [build_simulator(name, clock, settings.data_dir) for name in SIMULATORS]
    ports = [(simulator, settings.port_of(simulator.name)) for simulator in simulators]
    server = SandboxServer(settings.host, ports, settings.port)
    server.stop_on_signals()
    shops = [simulator for simulator in simulators if isinstance(simulator, EpagesSimulator)]
    players = [asyncio.create_task(_play(server, shop, settings, clock)) for shop in shops]
    for player in players:
        player.add_done_callback(_complain)
    try:
        await server.run()
    finally:
        for player in players:
            player.cancel()
        await asyncio.gather(*players, return_exceptions=True)


async def _play(
    server: SandboxServer, shop: EpagesSimulator, settings: SandboxSettings, clock: Clock
) -> None:
    await server.started.wait()
    sys.stdout.write(f"sandbox directory {server.directory_url}\n")
    for simulator in server.simulators:
        sys.stdout.write(f"sandbox {simulator.name} {simulator.base_url}\n")
    sys.stdout.flush()
    if settings.demo_rate > 0:
        await DemoPlayer(shop, settings.demo_rate, clock).run()


def _complain(player: asyncio.Task[None]) -> None:
    if not player.cancelled() and player.exception() is not None:
        log.error("the demo shop stopped", exc_info=player.exception())


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
