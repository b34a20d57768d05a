"""How large a notification may be."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from common.settings import DatabaseSettings
from ingest.settings import Settings

MIB = 1024 * 1024


def settings(**over: Any) -> Settings:
    database = DatabaseSettings(url="sqlite+aiosqlite://")
    return Settings(database=database, encryption_keys=(SecretStr("ab" * 32),), **over)


def test_notifications_have_64_kib_and_a_setting_gives_them_a_mebibyte_at_most() -> None:
    assert settings().webhook_bytes == 64 * 1024
    assert settings(webhook_bytes=MIB).webhook_bytes == MIB
    with pytest.raises(ValidationError):
        settings(webhook_bytes=MIB + 1)
