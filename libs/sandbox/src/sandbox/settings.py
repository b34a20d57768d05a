"""What the sandbox is told at start, and the switches of a simulator that can be changed while it runs."""

import argparse
import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


class UnusableSwitch(Exception):
    """A switch has another name or another type than the one given."""


@dataclass
class Switches:
    """Base of a simulator's switches: a flat dataclass whose fields can be set by name while it runs."""

    body_timeout: float = 60.0  # S: a request body that is not complete by then is never carried out

    def merge(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches; none is set when one of them is unusable."""
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise UnusableSwitch(f"unknown switch {name!r}; known are {', '.join(sorted(known))}")
            if not _fits(known[name], value):
                raise UnusableSwitch(f"switch {name!r} takes a value like {known[name]!r}")
        for name, value in changes.items():
            setattr(self, name, float(value) if isinstance(known[name], float) else value)

    def copy(self) -> Self:
        """Return an independent copy."""
        return dataclasses.replace(self)

    def as_json(self) -> dict[str, Any]:
        """Return all switches by name."""
        return dataclasses.asdict(self)


def _fits(current: Any, value: Any) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, type(current))


@dataclass(frozen=True)
class SandboxSettings:
    """Where the simulators listen, where they keep their state and how fast the demo shop sells."""

    port: int = 9100
    epages_port: int | None = None
    lexware_port: int | None = None
    vies_port: int | None = None
    host: str = "127.0.0.1"
    data_dir: Path | None = Path("var/sandbox")
    demo_rate: float = 20.0
    time_scale: float = 1.0

    def port_of(self, simulator: str) -> int:
        """Return the port of one simulator: the given one, else the next ones after the directory's."""
        given = {"epages": self.epages_port, "lexware": self.lexware_port, "vies": self.vies_port}[simulator]
        offset = {"epages": 1, "lexware": 2, "vies": 3}[simulator]
        return given if given is not None else self.port + offset


def settings_from(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> SandboxSettings:
    """Return the settings of a command line; what it leaves out comes from the environment, if not empty."""

    def given(name: str, otherwise: str) -> str:
        return environment.get(name) or otherwise

    parser = argparse.ArgumentParser("python -m sandbox", description="All simulators and the demo shop.")
    parser.add_argument("--port", type=int, default=given("SANDBOX_PORT", "9100"))
    parser.add_argument("--epages-port", type=int)
    parser.add_argument("--lexware-port", type=int)
    parser.add_argument("--vies-port", type=int)
    parser.add_argument("--host", default=given("SANDBOX_HOST", "127.0.0.1"))
    data_dir = Path(given("DATA_DIR", "var")) / "sandbox"
    parser.add_argument("--data-dir", type=Path, default=data_dir, help="where the state is kept")
    parser.add_argument("--demo-rate", type=float, default=given("DEMO_RATE", "20"))
    parser.add_argument("--time-scale", type=float, default=1.0, help="every wait is multiplied by this")
    return SandboxSettings(**vars(parser.parse_args(arguments)))
