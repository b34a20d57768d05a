"""docker-compose.yml gives every service what its settings ask for, and nothing they do not know."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, Any] = COMPOSE["services"]
SERVICES = ("ingest", "invoice-writer", "transit-writer", "api")
EXAMPLE = (ROOT / ".env.example").read_text()
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


def settings_of(service: str) -> type[BaseSettings]:
    """The class that reads the service's environment in the cluster profile."""
    module: Any = importlib.import_module(f"{service.replace('-', '_')}.settings")
    settings: type[BaseSettings] = getattr(module, "ClusterSettings", None) or module.Settings
    return settings


def variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, bool]]:
    """Every variable that the model reads, and whether it must be set."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            for variable, required in variables(inner, f"{prefix}{name.upper()}__"):
                yield variable, required and field.is_required()
        else:
            yield f"{prefix}{name.upper()}", field.is_required()


def known(service: str) -> dict[str, bool]:
    """Every variable of a service, and whether it must be set."""
    settings = settings_of(service)
    return dict(variables(settings, settings.model_config["env_prefix"]))


def examples() -> dict[str, str]:
    """What .env.example sets."""
    return dict(re.findall(r"(?m)^([A-Z_]+)=(.*)$", EXAMPLE))


def documented(service: str) -> dict[str, str]:
    """What .env.example says about the variables of one service; {A,B}_C stands for A_C and B_C."""
    prefix = settings_of(service).model_config["env_prefix"].removesuffix("_")
    lines = re.findall(r"(?m)^# (?:\{([A-Z_,]+)\}|([A-Z]+(?:_WRITER)?))_([A-Z_]+)=(\S*)  # \S", EXAMPLE)
    return {
        f"{prefix}_{name}": value
        for several, one, name, value in lines
        if prefix in (several.split(",") if several else [one])
    }


def filled_in(value: str) -> str:
    """The value as compose hands it on, with a secret where the example leaves one to be made."""

    def of(match: re.Match[str]) -> str:
        default = match[3] if match[2] == ":-" else None
        return examples().get(match[1]) or default or "ab" * 32

    return REFERENCE.sub(of, str(value))


def test_every_piece_of_the_cluster_is_there() -> None:
    assert set(CONTAINERS) == {"postgres", "kafka", "migrate", "sandbox", *SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_all_it_needs_and_nothing_unknown(service: str) -> None:
    given, settings = set(CONTAINERS[service]["environment"]), known(service)
    assert given <= set(settings)
    assert {name for name, required in settings.items() if required} <= given


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_start_with_what_compose_gives_it(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CONTAINERS[service]["environment"].items():
        monkeypatch.setenv(name, filled_in(value))
    settings: Any = settings_of(service)()
    assert settings.database.url.startswith("postgresql+asyncpg://")
    assert settings.kafka.bootstrap_servers == "kafka:9092"


@pytest.mark.parametrize("name", sorted({match[0] for match in REFERENCE.findall(yaml.safe_dump(COMPOSE))}))
def test_every_variable_compose_asks_for_is_in_the_example(name: str) -> None:
    assert name in examples()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_asked_whether_it_is_ready_on_its_ops_port(service: str) -> None:
    port = settings_of(service).model_fields["ops"].get_default().port
    assert f"127.0.0.1:{port}/readyz" in CONTAINERS[service]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_more_time_to_stop_than_it_takes_to_drain(service: str) -> None:
    drain = settings_of(service).model_fields["ops"].get_default().drain_timeout.total_seconds()
    assert int(CONTAINERS[service]["stop_grace_period"].removesuffix("s")) > drain


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_the_migrations(service: str) -> None:
    assert CONTAINERS[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("container", sorted(CONTAINERS))
def test_ports_are_open_to_this_machine_only(container: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS[container].get("ports", []))


@pytest.mark.parametrize("container", sorted(set(CONTAINERS) - {"postgres", "kafka"}))
def test_an_image_of_ours_is_built_for_a_folder_that_exists(container: str) -> None:
    service = CONTAINERS[container]["build"]["args"]["SERVICE"]
    assert any((ROOT / parent / service / "pyproject.toml").exists() for parent in ("services", "libs"))


def test_the_sandbox_starts_only_when_asked_for() -> None:
    assert CONTAINERS["sandbox"]["profiles"] == ["sandbox"]
    assert not any("profiles" in CONTAINERS[service] for service in SERVICES)


def test_the_example_holds_no_secret_that_works() -> None:
    assert {
        name for name in ("ENCRYPTION_KEYS", "ADMIN_TOKEN", "POSTGRES_PASSWORD") if examples()[name]
    } == set()


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_explains_every_variable_of_a_service(service: str) -> None:
    assert set(documented(service)) == set(known(service))


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_shows_the_defaults(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, required = documented(service), {name for name, needed in known(service).items() if needed}
    for name in required:
        monkeypatch.setenv(name, lines[name] or "ab" * 32)
    by_default = settings_of(service)()
    for name, value in lines.items():
        if value:
            monkeypatch.setenv(name, value)
    assert settings_of(service)() == by_default


@pytest.mark.parametrize("container", sorted(set(CONTAINERS) - {"migrate"}))
def test_everything_that_serves_comes_back_after_a_restart_of_the_machine(container: str) -> None:
    assert CONTAINERS[container]["restart"] == "unless-stopped"


def test_the_sandbox_is_started_without_the_command_of_the_image() -> None:
    """An entrypoint takes the image's CMD away, an empty command leaves it; the sandbox knows no `run`."""
    assert CONTAINERS["sandbox"]["entrypoint"] == ["/venv/bin/python", "-m", "sandbox"]
    assert "command" not in CONTAINERS["sandbox"]


def test_the_server_that_prepares_a_new_volume_is_not_taken_for_the_database() -> None:
    assert "--host=127.0.0.1" in CONTAINERS["postgres"]["healthcheck"]["test"][-1]
