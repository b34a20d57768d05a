"""What the sandbox is told at start: its command line, and its environment where that is silent."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.factory import SIMULATORS


@dataclass(frozen=True)
class SandboxSettings:
    """Where the simulators listen, where they keep their state and how fast the demo shop sells."""

    port: int = 9100
    ports: Mapping[str, int] = field(default_factory=dict)  # by simulator
    host: str = "127.0.0.1"
    data_dir: Path | None = Path("var/sandbox")
    demo_rate: float = 20.0
    time_scale: float = 1.0

    def port_of(self, simulator: str) -> int:
        """Return the port of one simulator: the given one, else the next ones after the directory's."""
        return self.ports.get(simulator, self.port + 1 + list(SIMULATORS).index(simulator))


def settings_from(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> SandboxSettings:
    """Return the settings of a command line; what it leaves out comes from the environment, if not empty."""

    def given(name: str, otherwise: str) -> str:
        return environment.get(name) or otherwise

    parser = argparse.ArgumentParser("python -m sandbox", description="All simulators and the demo shop.")
    parser.add_argument("--port", type=int, default=given("SANDBOX_PORT", "9100"))
    for name in SIMULATORS:
        parser.add_argument(f"--{name}-port", type=int)
    parser.add_argument("--host", default=given("SANDBOX_HOST", "127.0.0.1"))
    data_dir = Path(given("DATA_DIR", "var")) / "sandbox"
    parser.add_argument("--data-dir", type=Path, default=data_dir, help="where the state is kept")
    parser.add_argument("--demo-rate", type=float, default=given("DEMO_RATE", "20"))
    parser.add_argument("--time-scale", type=float, default=1.0, help="every wait is multiplied by this")
    told = vars(parser.parse_args(arguments))
    asked = {name: told.pop(f"{name}_port") for name in SIMULATORS}
    ports = {name: port for name, port in asked.items() if port is not None}
    return SandboxSettings(ports=ports, **told)
