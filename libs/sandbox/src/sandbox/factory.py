"""Which simulators exist and how one is put together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.epages.simulator import EpagesSimulator
from sandbox.faults import Faults
from sandbox.lexware.simulator import LexwareSimulator
from sandbox.store import Store
from sandbox.vies.simulator import ViesSimulator

_TYPES: tuple[type[Simulator[Any]], ...] = (EpagesSimulator, LexwareSimulator, ViesSimulator)

SIMULATORS = {kind.name: kind for kind in _TYPES}  # in the order of their ports; a new one comes last


def build_simulator(
    name: str, clock: Clock, data_dir: Path | None = None, switches: Mapping[str, Any] | None = None
) -> Simulator[Any]:
    """Return a simulator whose state lives in `data_dir`, or in memory only without one."""
    kind = SIMULATORS[name]
    store = Store(None if data_dir is None else data_dir / f"{name}.sqlite3")
    simulator = kind(kind.switches_type(), store, clock, Faults())
    simulator.start_with(switches or {})
    return simulator
