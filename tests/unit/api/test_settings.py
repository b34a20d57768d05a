"""The api reads its environment and does not start without what it needs."""

from typing import cast

import pytest
from pydantic import SecretStr, ValidationError

from api.app import create_app
from api.settings import ClusterSettings, Settings
from api.upstream import ConnectionChecks
from common.db.engine import open_database
from common.db.secrets import new_key

KEYS = ["aa" * 32, "bb" * 32]
NEEDED = {"API_DATABASE__URL": "sqlite+aiosqlite:///x.db", "API_ENCRYPTION_KEYS": f"{KEYS[0]}, {KEYS[1]}"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_what_is_set_is_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("API_HOSTS__TRUSTED_HOSTS", "127.0.0.1, shop.test:81")
    environment.setenv("API_ADMIN_TOKEN", "0123456789abcdef")
    settings = Settings()
    assert settings.hosts.trusted_hosts == ("127.0.0.1", "shop.test:81")
    assert [key.get_secret_value() for key in settings.encryption_keys] == KEYS
    assert settings.port == 8080
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_without_a_key_or_a_database_there_is_no_start(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)
    with pytest.raises(ValidationError):
        Settings()


def test_an_empty_admin_token_is_none(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("API_ADMIN_TOKEN", "")
    settings = Settings(encryption_keys=(SecretStr(new_key()),))
    db = open_database(settings.database)
    app = create_app(settings, db, cast(ConnectionChecks, None))
    assert app.state.deps.admin_hash is None


def test_the_cluster_needs_a_broker(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        ClusterSettings()
    environment.setenv("API_KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")
    assert ClusterSettings().kafka.bootstrap_servers == "kafka:9092"
