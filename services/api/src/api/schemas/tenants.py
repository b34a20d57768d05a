"""Tenants, their settings and their tokens."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.auth import Role
from api.schemas.base import Given, Moment, Page, Read
from common.domain.merchant import MerchantSettings

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Comment = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
STATUS_REFUSED: Literal["voucher_status_refused"] = "voucher_status_refused"
STATUS_REFUSED_BECAUSE: Literal[
    "Lexware Office refuses a voucher that names a status; every voucher is open at once."
] = "Lexware Office refuses a voucher that names a status; every voucher is open at once."


class SettingsValues(MerchantSettings):
    """A merchant's choices; what is left out takes its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _no_voucher_status(cls, given: Any) -> Any:
        """Nobody shall believe that vouchers wait for a check in the books: they are open at once."""
        if isinstance(given, dict) and "voucher_status" in given:
            raise PydanticCustomError(STATUS_REFUSED, STATUS_REFUSED_BECAUSE)
        return given


class TenantCreate(Given):
    """A merchant to set up."""

    name: Name = Field(examples=["Muster Versand"])
    settings: SettingsValues = Field(
        default=SettingsValues(), description="The first version of the settings."
    )


class TenantRead(Read):
    """A merchant."""

    id: UUID
    name: str
    created_at: Moment


class TenantPage(Page[TenantRead]):
    """A page of tenants, newest first."""


class SettingsWrite(Given):
    """The settings as they shall be from now on."""

    values: SettingsValues
    comment: Comment | None = Field(default=None, description="Why, for the history.")
    version: int | None = Field(
        default=None,
        ge=1,
        le=2_147_483_647,
        description="The version that was changed; when it is no longer the newest, nothing is saved.",
    )


class SettingsRestore(Given):
    """Why an old version comes back."""

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


class TokenCreate(Given):
    """A token to make; merchants and advisers belong to a tenant, operators to none."""

    name: Name = Field(examples=["Warehouse dashboard"])
    role: Role
    tenant_id: UUID | None = Field(
        default=None, description="Required from operators for the roles merchant and adviser."
    )


class TokenRead(Read):
    """A token without its secret."""

    id: UUID
    tenant_id: UUID | None
    role: Role
    name: str
    created_at: Moment
    revoked_at: Moment | None


class TokenCreated(TokenRead):
    """A new token; this is the only time it is shown."""

    token: str | None = Field(
        description="The bearer token. Null when the answer is repeated for a known Idempotency-Key."
    )


class TokenPage(Page[TokenRead]):
    """A page of tokens, newest first."""


class AuditRead(Read):
    """One change: who, what, when."""

    id: int
    tenant_id: UUID | None
    actor: str
    action: str = Field(examples=["settings.saved"])
    details: dict[str, object]
    at: Moment


class AuditPage(Page[AuditRead]):
    """A page of the audit log, newest first."""
