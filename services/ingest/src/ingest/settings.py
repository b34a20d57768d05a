"""What ingest reads from its environment."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.settings import (
    Block,
    DatabaseSettings,
    EncryptionKeys,
    HostPolicy,
    KafkaSettings,
    OpsSettings,
    RelaySettings,
    WorkerSettings,
)


class PollSettings(Block):
    """How shops are polled; times in seconds. How often one shop is polled is the merchant's setting."""

    concurrency: PositiveInt = 8
    look_every: PositiveFloat = 1.0  # for shops that are due
    roster_every: PositiveFloat = 2.0  # for new connections and changed settings
    lease: PositiveFloat = 120.0
    calls_per_run: PositiveInt = 400
    reserved_calls: int = Field(default=200, ge=0)  # of the shop's hourly quota, left for webhooks and people
    sweep_calls_per_hour: PositiveInt = 1000
    first_backoff: PositiveFloat = 5.0
    longest_backoff: PositiveFloat = 900.0
    refusals: PositiveInt = 3  # in a row, over at least this long, and the shop counts as disconnected
    refused_for: NonNegativeFloat = 900.0
    disconnected_every: PositiveFloat = 3600.0
    timeout: PositiveFloat = 60.0


class FileSettings(Block):
    """How long an absent file is asked for again, and how often; times in seconds."""

    first_retry: PositiveFloat = 60.0
    longest_retry: PositiveFloat = 3600.0
    give_up_after: PositiveFloat = 86_400.0
    look_every: PositiveFloat = 5.0
    batch: PositiveInt = 20


class Settings(BaseSettings):
    """Everything ingest reads from its environment, whichever way messages come."""

    model_config = SettingsConfigDict(
        env_prefix="INGEST_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    database: DatabaseSettings
    encryption_keys: EncryptionKeys  # newest first; no default on purpose
    overlap_seconds: NonNegativeFloat = 900.0  # every poll looks this far behind its cursor
    poll: PollSettings = PollSettings()
    files: FileSettings = FileSettings()
    hosts: HostPolicy = HostPolicy()
    webhook_bytes: int = Field(default=64 * 1024, ge=1024, le=1024 * 1024)  # no notification needs more
    worker: WorkerSettings = WorkerSettings()
    relay: RelaySettings = RelaySettings()
    ops: OpsSettings = OpsSettings()


class ClusterSettings(Settings):
    """The same with the broker that messages come from."""

    kafka: KafkaSettings
