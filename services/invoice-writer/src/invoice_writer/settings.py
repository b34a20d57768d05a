"""What the invoice writer reads from its environment."""

from pydantic import Field, PositiveFloat
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.settings import (
    DatabaseSettings,
    EffectSettings,
    KafkaSettings,
    LexwareSettings,
    OpsSettings,
    RelaySettings,
    SecretList,
    ViesSettings,
    WorkerSettings,
)

MANY_AT_ONCE = WorkerSettings(concurrency=96, claim_batch=96)  # a document mostly waits; many share a commit


class Settings(BaseSettings):
    """Everything the invoice writer reads from its environment, whichever way messages come."""

    model_config = SettingsConfigDict(
        env_prefix="INVOICE_WRITER_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
    )

    database: DatabaseSettings
    encryption_keys: SecretList = Field(min_length=1)  # newest first; no default on purpose
    lexware: LexwareSettings = LexwareSettings()
    effects: EffectSettings = EffectSettings()
    worker: WorkerSettings = MANY_AT_ONCE
    relay: RelaySettings = RelaySettings()
    vies: ViesSettings = ViesSettings()
    ops: OpsSettings = OpsSettings()
    recheck_seconds: PositiveFloat = 5.0


class ClusterSettings(Settings):
    """The same with the broker that messages come from."""

    kafka: KafkaSettings
