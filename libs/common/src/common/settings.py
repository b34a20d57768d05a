"""Settings blocks that services nest into their own; read once, frozen, no working default secrets."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
)
from pydantic_settings import NoDecode

KEY = re.compile(r"[0-9a-fA-F]{64}")


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


def _usable(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not keys or any(KEY.fullmatch(key.get_secret_value()) is None for key in keys):
        raise ValueError("takes 32 bytes in hex each, newest first, comma between them, at least one")
    return keys


EncryptionKeys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_usable)]


class Block(BaseModel):
    """A frozen part of a service's settings."""

    model_config = ConfigDict(frozen=True)


class DatabaseSettings(Block):
    """Where the database is: an SQLAlchemy URL (`postgresql+asyncpg://…` or `sqlite+aiosqlite:///…`)."""

    url: str
    pool_size: PositiveInt = 20  # opened as needed
    idle_transaction_seconds: PositiveFloat = 10.0  # then PostgreSQL takes away the locks of a paused process


class KafkaSettings(Block):
    """The broker; `topic_prefix` keeps several installations apart on one broker."""

    bootstrap_servers: str
    topic_prefix: str = ""
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None


class WorkerSettings(Block):
    """How a service works its inbox; times in seconds."""

    concurrency: PositiveInt = 8
    claim_batch: PositiveInt = 32
    lease_seconds: PositiveFloat = 60.0
    idle_poll_seconds: PositiveFloat = 0.5
    max_attempts: PositiveInt = 12
    backoff_seconds: PositiveFloat = 1.0
    backoff_limit_seconds: PositiveFloat = 300.0
    history_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    dead_letter_limit: PositiveInt = (
        100  # more in an hour halt their merchant; of several merchants, the worker
    )


class RelaySettings(Block):
    """How a service publishes its outbox."""

    batch: PositiveInt = 200
    lease_seconds: PositiveFloat = 15.0
    idle_poll_seconds: PositiveFloat = 0.2
    refused_retry_seconds: PositiveFloat = 60.0


class EffectSettings(Block):
    """The waits of one guarded write, in seconds; their sum is the trust time."""

    gate: PositiveFloat = 10.0  # G: longest way from arming to the last byte
    server_patience: PositiveFloat = 60.0  # S: a server closes a half-sent request
    commit_delay: PositiveFloat = 90.0  # D: longest way from the last byte to the commit
    read_lag: PositiveFloat = 30.0  # L: three times the measured read lag
    clock_doubt: PositiveFloat = 5.0
    first_look: PositiveFloat = 10.0
    second_look: PositiveFloat = 45.0
    unsettled_after: PositiveFloat = 3600.0  # a write still in doubt is shown to a person
    max_attempts: PositiveInt = 6

    @property
    def trust_time(self) -> timedelta:
        """After this time since arming an empty search means something."""
        seconds = self.gate + self.server_patience + self.commit_delay + self.read_lag + self.clock_doubt
        return timedelta(seconds=seconds)

    @property
    def known_seconds(self) -> float:
        """How long a process must have known an attempt before it believes it absent."""
        return self.gate + self.server_patience + self.commit_delay + self.read_lag

    def scaled(self, factor: float) -> "EffectSettings":
        """The same protocol with every wait multiplied, for tests and the sandbox."""
        times = {name: value * factor for name, value in self if isinstance(value, float)}
        return self.model_copy(update=times)


class BreakerSettings(Block):
    """When a connection rests, for how long, and when what refuses it counts as lasting; in seconds."""

    failures: PositiveInt = 3  # calls in a row without an answer of the books
    first_pause: PositiveFloat = 2.0
    longest_pause: PositiveFloat = 30.0
    trial: PositiveFloat = 60.0  # then whoever may try is given up
    refusals: PositiveInt = 3  # in a row, over at least this long, and the access counts as gone
    refused_for: PositiveFloat = 900.0
    denied_pause: PositiveFloat = 300.0
    alarm_after: PositiveFloat = 3600.0  # without any answer


class LexwareSettings(Block):
    """Lexware Office hosts, limits and the OAuth client."""

    api_url: str = "https://api.lexware.io"
    app_url: str = "https://app.lexware.de"
    client_id: str | None = None
    client_secret: SecretStr | None = None
    redirect_uri: str | None = None
    rate_per_second: PositiveFloat = 1.5
    burst: PositiveInt = 3
    partner_rate_per_second: PositiveFloat | None = 5.0
    rate_limit_enabled: bool = True
    timeout_seconds: PositiveFloat = 40.0
    refresh_before_seconds: PositiveFloat = 1800.0
    breaker: BreakerSettings = BreakerSettings()


class ViesSettings(Block):
    """Where VAT ids are checked, how patiently, and for how long an answer counts."""

    enabled: bool = True
    api_url: str = "https://ec.europa.eu/taxation_customs/vies/rest-api"
    timeout_seconds: PositiveFloat = 20.0  # shorter than a drain
    concurrency: PositiveInt = 2  # member states refuse more at once
    look_seconds: PositiveFloat = 2.0
    lease_seconds: PositiveFloat = 120.0
    first_retry_seconds: PositiveFloat = 30.0
    longest_retry_seconds: PositiveFloat = 900.0
    valid_for_hours: PositiveFloat = 24.0
    invalid_for_hours: PositiveFloat = 1.0  # a new id is known there only after days: later tries ask anew


class HostPolicy(Block):
    """Hosts that may be plain http or private addresses; empty outside the sandbox."""

    trusted_hosts: CommaList = ()


class DoorSettings(Block):
    """Who may stand in the door of a web server, and how long."""

    connections: PositiveInt = 512  # more find no room; who has not said everything makes it first
    head_seconds: PositiveFloat = 10.0
    body_seconds: PositiveFloat = 10.0
    stall_seconds: PositiveFloat = 30.0  # nothing of an answer was taken for so long
    head_bytes: PositiveInt = 32 * 1024


class OpsSettings(Block):
    """The port of /healthz, /readyz and /metrics, and how long a stop may take."""

    host: str = "0.0.0.0"
    port: int = 8081
    drain_timeout: timedelta = timedelta(seconds=25)
    log_format: str = "json"
    log_level: str = "INFO"
    door: DoorSettings = DoorSettings()
