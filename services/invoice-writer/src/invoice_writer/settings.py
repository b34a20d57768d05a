"""What the invoice writer reads from its environment."""

from pydantic import PositiveFloat
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.settings import (
    Block,
    DatabaseSettings,
    EffectSettings,
    EncryptionKeys,
    KafkaSettings,
    LexwareSettings,
    OpsSettings,
    RelaySettings,
    ViesSettings,
    WorkerSettings,
)

MANY_AT_ONCE = WorkerSettings(concurrency=160, claim_batch=320)  # many share a commit


class ContactSettings(Block):
    """How the index of contacts is kept, and how long a new contact rests."""

    refill_seconds: PositiveFloat = 21_600.0  # then all pages are read again: there is no filter for changes
    settle_seconds: PositiveFloat = 2.0  # until the books accept a new contact in a voucher
    young_seconds: PositiveFloat = 60.0  # a refusal of so new a contact means "not yet"
    retry_seconds: PositiveFloat = 1.0  # between looks whether another process made the contact

    def scaled(self, factor: float) -> "ContactSettings":
        """The same waits multiplied, for tests and the sandbox; the index is kept as long as ever."""
        waits = {name: value * factor for name, value in self if name != "refill_seconds"}
        return self.model_copy(update=waits)


class ReadingSettings(Block):
    """How often a list of the books that cannot be read is tried again, and when that is shown."""

    first_pause_seconds: PositiveFloat = 1.0  # doubled with each failure
    longest_pause_seconds: PositiveFloat = 60.0
    shown_after_seconds: PositiveFloat = 600.0


class Settings(BaseSettings):
    """Everything the invoice writer reads from its environment, whichever way messages come."""

    model_config = SettingsConfigDict(
        env_prefix="INVOICE_WRITER_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    database: DatabaseSettings
    encryption_keys: EncryptionKeys  # newest first; no default on purpose
    lexware: LexwareSettings = LexwareSettings()
    effects: EffectSettings = EffectSettings()
    contacts: ContactSettings = ContactSettings()
    readings: ReadingSettings = ReadingSettings()
    worker: WorkerSettings = MANY_AT_ONCE
    relay: RelaySettings = RelaySettings()
    vies: ViesSettings = ViesSettings()
    ops: OpsSettings = OpsSettings()
    recheck_seconds: PositiveFloat = 5.0
    duplicates_seconds: PositiveFloat = 60.0


class ClusterSettings(Settings):
    """The same with the broker that messages come from."""

    kafka: KafkaSettings
