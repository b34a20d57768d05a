"""What the api reads from its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.settings import (
    DatabaseSettings,
    DoorSettings,
    EncryptionKeys,
    HostPolicy,
    KafkaSettings,
    LexwareSettings,
    OpsSettings,
    RelaySettings,
)


class Settings(BaseSettings):
    """Everything the api reads from its environment, whichever way messages go."""

    model_config = SettingsConfigDict(
        env_prefix="API_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    database: DatabaseSettings
    encryption_keys: EncryptionKeys  # newest first; no default on purpose
    admin_token: SecretStr | None = None  # an operator over all tenants; an empty one is none
    host: str = "0.0.0.0"
    port: int = Field(default=8080, ge=0, le=65_535)
    lexware: LexwareSettings = LexwareSettings()
    hosts: HostPolicy = HostPolicy()
    relay: RelaySettings = RelaySettings()
    ops: OpsSettings = OpsSettings()
    door: DoorSettings = DoorSettings()


class ClusterSettings(Settings):
    """The same with the broker that commands go through."""

    kafka: KafkaSettings
