"""A service that cannot start says which variable is the cause, in one line, and never its value."""

import os
import subprocess
import sys

import pytest

KEY = "ab" * 32
TOKEN = "a-token-nobody-may-read"
COMPLETE = {
    "DATABASE__URL": "postgresql+asyncpg://u:a-password@127.0.0.1:1/d",
    "KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "ENCRYPTION_KEYS": KEY,
    "ADMIN_TOKEN": TOKEN,
}
SERVICES = ("ingest", "invoice_writer", "transit_writer", "api")


def start(service: str, **given: str | None) -> subprocess.CompletedProcess[str]:
    """Start the service with an environment that lacks or spoils something, and wait for its end."""
    values = {name: value for name, value in {**COMPLETE, **given}.items() if value is not None}
    env = {f"{service.upper()}_{name}": value for name, value in values.items()}
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", service, "run"],
        env=plain | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("missing", ["DATABASE__URL", "KAFKA__BOOTSTRAP_SERVERS"])
def test_a_missing_variable_is_named_in_one_line_without_any_value(service: str, missing: str) -> None:
    ended = start(service, **{missing: None})
    block = f"{service.upper()}_{missing}".partition("__")[0]
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr in (f"{block}: is missing\n", f"{service.upper()}_{missing}: is missing\n")


@pytest.mark.parametrize("service", ["ingest", "invoice_writer", "api"])
@pytest.mark.parametrize("keys", ["", "secret-but-no-key", f"{KEY},short", f"{KEY}{KEY}"])
def test_keys_that_are_none_are_named_and_not_shown(service: str, keys: str) -> None:
    ended = start(service, ENCRYPTION_KEYS=keys)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"{service.upper()}_ENCRYPTION_KEYS: ")
    assert "secret" not in line and KEY not in line and "short" not in line


def test_a_number_that_is_none_is_named_and_no_secret_beside_it_is_shown() -> None:
    ended = start("api", PORT="eighty")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert ended.stderr.startswith("API_PORT: ")
    assert not any(word in ended.stderr for word in ("eighty", TOKEN, KEY, "a-password"))
