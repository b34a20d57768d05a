"""The guide of the sandbox names every switch and every kind of fault."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.epages.simulator import EpagesSimulator
from sandbox.epages.switches import EpagesSwitches
from sandbox.faults import Faults
from sandbox.lexware.simulator import LexwareSimulator
from sandbox.lexware.switches import LexwareSwitches
from sandbox.store import Store
from sandbox.vies.simulator import ViesSimulator
from sandbox.vies.switches import ViesSwitches

GUIDE = Path(__file__).parents[3] / "docs" / "sandbox.md"
SIMULATORS = (
    (LexwareSimulator, LexwareSwitches),
    (EpagesSimulator, EpagesSwitches),
    (ViesSimulator, ViesSwitches),
)


@pytest.mark.parametrize(("simulator", "switches"), SIMULATORS)
def test_every_switch_and_every_kind_of_fault_is_in_the_guide(simulator: Any, switches: Any) -> None:
    guide, made = GUIDE.read_text("utf-8"), simulator(switches(), Store(None), Clock(), Faults())
    words = {field.name for field in fields(switches)} | {kind.split(":")[0] for kind in made._plays}
    assert len(words) > 5
    assert {word for word in words if f"`{word}`" not in guide and f"`{word} " not in guide} == set()
