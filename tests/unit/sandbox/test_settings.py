"""Switches and start settings: what can be set, from where, and what is refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.settings import settings_from
from sandbox.switches import Switches, UnusableSwitch


@dataclass
class SomeSwitches(Switches):
    lag: float = 1.0
    strict: bool = True
    status: int = 409
    name: str = ""


def test_switches_are_merged_by_name() -> None:
    switches = SomeSwitches()
    switches.merge({"lag": 2, "strict": False, "status": 406, "name": "x"})
    assert switches == SomeSwitches(lag=2.0, strict=False, status=406, name="x")


@pytest.mark.parametrize(
    "changes", [{"colour": 1}, {"lag": "1"}, {"lag": -1}, {"lag": True}, {"strict": 1}, {"status": 4.5}]
)
def test_an_unusable_switch_changes_nothing(changes: dict[str, Any]) -> None:
    switches = SomeSwitches()
    with pytest.raises(UnusableSwitch):
        switches.merge({"name": "changed", **changes})
    assert switches == SomeSwitches()


def test_ports_follow_the_directory_unless_given() -> None:
    settings = settings_from(["--port", "7000", "--lexware-port", "7100"], {})
    assert [settings.port_of(name) for name in ("epages", "lexware", "vies")] == [7001, 7100, 7003]


def test_the_environment_is_used_where_the_command_line_is_silent() -> None:
    environment = {"SANDBOX_PORT": "7200", "DATA_DIR": "/data", "DEMO_RATE": "3.5"}
    settings = settings_from(["--demo-rate", "0"], environment)
    assert (settings.port, settings.data_dir, settings.demo_rate) == (7200, Path("/data/sandbox"), 0)
    assert settings_from([], environment).demo_rate == 3.5


def test_an_empty_variable_is_none() -> None:
    environment = dict.fromkeys(("SANDBOX_PORT", "SANDBOX_HOST", "DATA_DIR", "DEMO_RATE"), "")
    assert settings_from([], environment) == settings_from([], {})


@pytest.mark.parametrize("name", ["SANDBOX_PORT", "DEMO_RATE"])
def test_a_variable_that_is_no_number_is_told_like_an_option(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        settings_from([], {name: "many"})
    assert "invalid" in capsys.readouterr().err


def test_a_clock_scales_waits_and_nothing_else() -> None:
    clock = Clock(0.5)
    assert clock.real(10) == 5
    assert clock.now().utcoffset() is not None
    with pytest.raises(ValueError, match="greater than 0"):
        Clock(0)
