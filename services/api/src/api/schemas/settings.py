"""Settings of a tenant: all of them, a part of them, their versions."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from api.schemas.base import NO_NUL, Given, Moment, Page, Read
from api.validation.places import MERGES_INTO
from common.domain.merchant import MerchantSettings

Comment = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Why = Annotated[Comment | None, Field(default=None, description="Why, for the history.")]
OnVersion = Annotated[
    int | None,
    Field(
        default=None,
        ge=1,
        le=2_147_483_647,
        description="The version that was changed; when it is no longer the newest, nothing is saved. "
        "Needed unless `If-Match` says the same.",
    ),
]
STATUS_REFUSED: Literal["voucher_status_refused"] = "voucher_status_refused"
STATUS_REFUSED_BECAUSE: Literal[
    "Lexware Office refuses a voucher that names a status; every voucher is open at once."
] = "Lexware Office refuses a voucher that names a status; every voucher is open at once."


class SettingsValues(MerchantSettings):
    """A merchant's choices; what is left out takes its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_what_means_something(cls, given: Any) -> Any:
        """Nobody shall believe that a name nothing reads was heard, nor that vouchers wait for a check."""
        if not isinstance(given, Mapping):
            return given
        if "voucher_status" in given:
            raise PydanticCustomError(STATUS_REFUSED, STATUS_REFUSED_BECAUSE)
        unknown = [
            InitErrorDetails(type="extra_forbidden", loc=place, input=None)
            for name, value in given.items()
            for place in _unknown_inside(model_of(cls, name), value, (name,))
        ]
        if unknown:
            raise ValidationError.from_exception_data("settings", unknown)
        return given


def model_of(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """The model of a field whose value is an object with names of its own, or a list of such objects."""
    field = model.model_fields.get(name) if model is not None else None
    kind = field.annotation if field is not None else None
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _unknown_inside(
    model: type[BaseModel] | None, value: Any, place: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Where names stand that the model inside a setting does not know; domain models ignore them."""
    if model is not None and isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unknown_inside(model, inner, (*place, index))
    if model is None or not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name not in model.model_fields:
            yield (*place, name)
        else:
            yield from _unknown_inside(model_of(model, name), inner, (*place, name))


class SettingsWrite(Given):
    """The settings as they shall be from now on."""

    values: SettingsValues
    comment: Why
    version: OnVersion


class SettingsPatch(Given):
    """What shall be different from now on: a JSON merge patch (RFC 7396) of `values`."""

    values: dict[str, JsonValue] = Field(
        description="Settings by name, as `SettingsValues` lists them: objects merge, lists replace, null "
        "takes the default, and what is left out stays.",
        examples=[{"mode": "paused", "start_on": None}],
        json_schema_extra={MERGES_INTO: "SettingsValues"},
    )
    comment: Why
    version: OnVersion


class SettingsComment(Given):
    """Why the settings change."""

    comment: Comment | None = None


class SettingsRead(Read):
    """One version of a tenant's settings; the highest number is in force."""

    id: UUID
    tenant_id: UUID
    number: int
    values: MerchantSettings
    author: str
    comment: str | None
    created_at: Moment


class SettingChange(Read):
    """A setting before and after a version came into force."""

    before: JsonValue
    after: JsonValue


class SettingsVersionRead(SettingsRead):
    """One version with what it changed."""

    changes: dict[str, SettingChange] = Field(
        description="What differs from the version before, by name; for the first, from the defaults."
    )


class SettingsPage(Page[SettingsRead]):
    """A page of versions, newest first."""
