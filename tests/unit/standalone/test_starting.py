"""What is in the way of a start is told in words, before anything runs."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from standalone.settings import Settings
from standalone.starting import (
    CannotStart,
    read_settings,
    require_free_ports,
    require_own_port,
    sole_use,
)
from tools.servers.processes import free_port

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def test_a_taken_port_is_named_with_its_purpose(taken: int) -> None:
    with pytest.raises(CannotStart, match=f"port {taken} for the API"):
        require_free_ports(HOST, {taken: "the API"})


def test_a_free_port_is_let_through_and_stays_free() -> None:
    free = free_port()
    require_free_ports(HOST, {free: "the API"})
    with socket.create_server((HOST, free)):
        pass


def test_a_data_folder_is_used_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "with space" / "var"
    with sole_use(folder), pytest.raises(CannotStart, match="in use"), sole_use(folder):
        pass
    with sole_use(folder):
        pass


def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    with sole_use(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("port", [9100, 9103])
def test_the_api_does_not_listen_where_the_sandbox_does(port: int) -> None:
    with pytest.raises(CannotStart, match=rf"PORT={port} is one of .* \(9100 to 9103\)"):
        require_own_port(Settings(port=port, sandbox_port=9100))
    require_own_port(Settings(port=9104, sandbox_port=9100))


def test_a_variable_set_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "SANDBOX_PORT", "DATA_DIR", "ADMIN_TOKEN", "DEMO_RATE"):
        monkeypatch.delenv(name, raising=False)
    unset = read_settings()
    for name in ("PORT", "SANDBOX_PORT", "DATA_DIR", "ADMIN_TOKEN", "DEMO_RATE"):
        monkeypatch.setenv(name, "")
    assert read_settings() == unset


def test_a_file_in_place_of_the_data_folder_is_told(tmp_path: Path) -> None:
    place = tmp_path / "var"
    place.touch()
    with pytest.raises(CannotStart, match="cannot be used"), sole_use(place):
        pass


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "many"), ("SANDBOX_PORT", "65533"), ("DEMO_RATE", "-1")]
)
def test_a_variable_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotStart, match=f"^{name}: "):
        read_settings()
