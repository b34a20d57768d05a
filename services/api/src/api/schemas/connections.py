"""Connections to shops and books."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, WithJsonSchema

from api.schemas.base import NO_NUL, Given, Moment, Page, Read
from api.schemas.tenants import Name
from common.domain.connection_troubles import ConnectionTrouble

Url = Annotated[str, StringConstraints(min_length=8, max_length=500, pattern=r"^[^\s\x00-\x1f\x7f]+$")]


def _printable(secret: SecretStr) -> SecretStr:
    """A secret ends up in a header, so only what may stand there is taken."""
    if not all("!" <= character <= "~" for character in secret.get_secret_value()):
        raise ValueError("only printable ASCII without spaces")
    return secret


Secret = Annotated[
    SecretStr,
    Field(min_length=8, max_length=4096),
    AfterValidator(_printable),
    WithJsonSchema(
        {
            "type": "string",
            "format": "password",
            "writeOnly": True,
            "minLength": 8,
            "maxLength": 4096,
            "pattern": "^[!-~]+$",
        }
    ),
]
OfTenant = Annotated[
    UUID | None,
    Field(description="The tenant; required from operators, taken from the token for merchants."),
]


class ShopConnectionCreate(Given):
    """A shop to read documents from."""

    kind: Literal["shop"]
    platform: Literal["epages"] = "epages"
    name: Name = Field(examples=["Main shop"])
    base_url: Url = Field(
        description="The shop's API root.", examples=["https://shop.example/rs/shops/ShopA"]
    )
    access_token: Secret = Field(description="The token the shop issued for this app.")
    client_secret: Secret | None = Field(
        default=None, description="The app's secret; with it webhooks of the shop are accepted."
    )
    replace: bool = Field(
        default=False,
        description="The shop moved: your connection to it keeps its id and leads to this address, "
        "even while the old address still answers.",
    )
    tenant_id: OfTenant = None


class OAuthTokens(Given):
    """A token pair of the books."""

    access_token: Secret
    refresh_token: Secret
    expires_in: int = Field(gt=0, le=31_536_000, description="Seconds the access token is still valid.")


class BooksConnectionCreate(Given):
    """The books to write vouchers into: with an API key or with an OAuth token pair."""

    kind: Literal["books"]
    platform: Literal["lexware"] = "lexware"
    name: Name = Field(examples=["Lexware Office"])
    base_url: Url | None = Field(default=None, description="Leave it out for the usual host.")
    api_key: Secret | None = None
    oauth: OAuthTokens | None = None
    organization_id: UUID | None = Field(
        default=None, description="Only with `verify=false`, where it cannot be asked for."
    )
    tenant_id: OfTenant = None


ConnectionCreate = Annotated[ShopConnectionCreate | BooksConnectionCreate, Field(discriminator="kind")]


class TroubleRead(Read):
    """Why a shop cannot be read though its token is good, in words."""

    code: ConnectionTrouble
    who: str = Field(description="Who has to act: merchant, adviser, operator or nobody.")
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


class ConnectionRead(Read):
    """A linked shop or books account; secrets are never part of it."""

    id: UUID
    tenant_id: UUID
    kind: Literal["shop", "books"]
    platform: str
    name: str
    base_url: str | None
    organization_id: str | None = Field(description="The organization in the books; null for shops.")
    auth: str = Field(description="token, api_key or oauth")
    state: Literal["active", "disabled", "reconnect_needed", "halted"]
    state_reason: str | None
    verified_at: Moment | None
    created_at: Moment
    webhook_path: str | None = Field(description="Where the shop sends webhooks to; null for books.")
    pending_connection_id: UUID | None = Field(
        description="The other organization that waits for a confirmation while this connection is halted."
    )
    pending_organization_id: str | None
    trouble: TroubleRead | None = Field(
        default=None, description="A known cause why the shop cannot be read at the moment."
    )


class ConnectionPage(Page[ConnectionRead]):
    """A page of connections, newest first."""


class ReleaseRequest(Given):
    """Why a connection is taken from its tenant."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=NO_NUL),
    ] = Field(examples=["The merchant moved to another account."])


class FetchRequest(Given):
    """What to fetch now."""

    order_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="One order; without it everything that changed since the last poll.",
    )
