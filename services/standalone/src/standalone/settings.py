"""What the single-process profile reads from its environment."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SANDBOX_PORTS = 4


def _env(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


class Settings(BaseSettings):
    """Ports, data folder and demo pace; what is not set, or set empty, has a default fit for one machine."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, env_ignore_empty=True)

    port: int = Field(default=8080, ge=1, le=65_535, validation_alias=_env("PORT"))
    host: str = Field(default="127.0.0.1", validation_alias=_env("HOST"))
    sandbox_port: int = Field(default=9100, ge=1, le=65_532, validation_alias=_env("SANDBOX_PORT"))
    data_dir: Path = Field(default=Path("var"), validation_alias=_env("DATA_DIR"))
    admin_token: SecretStr | None = Field(default=None, validation_alias=_env("ADMIN_TOKEN"))
    demo_rate: int = Field(default=20, ge=0, validation_alias=_env("DEMO_RATE"))
    log_level: str = Field(default="WARNING", validation_alias=_env("LOG_LEVEL"))

    @property
    def sandbox_ports(self) -> range:
        """The sandbox's directory and the simulators after it."""
        return range(self.sandbox_port, self.sandbox_port + SANDBOX_PORTS)
