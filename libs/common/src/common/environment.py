"""Reads a process' settings; what does not fit is told in one line each, without the values."""

import sys
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

UNUSABLE = 2  # the exit code

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def read_environment(settings: type[SettingsT]) -> SettingsT:
    """Return the settings of this environment, or name each variable that does not fit and end with 2.

    The lines never hold a value: keys and tokens must not get into logs.
    """
    try:
        return settings()
    except ValidationError as refused:
        prefix = settings.model_config.get("env_prefix", "")
        lines = [_line(prefix, error["loc"], error["type"], error["msg"]) for error in refused.errors()]
    except SettingsError as refused:
        lines = [str(refused)]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    raise SystemExit(UNUSABLE)


def _line(prefix: str, place: tuple[int | str, ...], kind: str, message: str) -> str:
    names = [part for part in place if isinstance(part, str)]
    return f"{prefix}{'__'.join(names).upper()}: {'is missing' if kind == 'missing' else message}"
