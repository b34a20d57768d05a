"""What the transit writer reads from its environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict

from common.settings import DatabaseSettings, KafkaSettings, OpsSettings, RelaySettings, WorkerSettings


class Settings(BaseSettings):
    """Everything the transit writer reads from its environment, whichever way messages come."""

    model_config = SettingsConfigDict(
        env_prefix="TRANSIT_WRITER_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    database: DatabaseSettings
    worker: WorkerSettings = WorkerSettings()
    relay: RelaySettings = RelaySettings()
    ops: OpsSettings = OpsSettings()


class ClusterSettings(Settings):
    """The same with the broker that messages come from."""

    kafka: KafkaSettings
