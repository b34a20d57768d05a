"""The OAuth side of Lexware: where the merchant agrees, and how codes and refresh tokens become pairs."""

import base64
import secrets
from dataclasses import dataclass

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import Field, SecretStr

from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.client import ApiClient
from common.http.errors import OutcomeLost, RateLimited, UnreadableAnswer
from common.http.health import Call
from common.http.redact import loggable_path
from common.http.transport import Network, Response
from common.lexware.answers import oauth_error_of, word_of
from common.lexware.wire import Wire, parse
from common.settings import LexwareSettings

FORM = "application/x-www-form-urlencoded"
TOKEN_TROUBLE = (TransientError, UnknownOutcomeError)  # a token request that says nothing about the tokens


class GrantInvalid(RefusedError):
    """The code or refresh token is used, expired or revoked."""

    code = "lexware.oauth_grant_invalid"


class OAuthMisconfigured(TransientError):
    """The authorization server refuses this installation's client; an operator must act, documents wait."""

    code = "lexware.oauth_misconfigured"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token with its lifetime in seconds, and the refresh token that replaces the one before."""

    access: SecretStr
    refresh: SecretStr
    expires_in: float


class _TokenAnswer(Wire):
    access_token: SecretStr = Field(min_length=1, alias="access_token")
    refresh_token: SecretStr = Field(min_length=1, alias="refresh_token")
    expires_in: int = Field(default=14399, gt=0, alias="expires_in")


class AuthorizationServer:
    """`/oauth2` of the web application, as one registered client."""

    def __init__(self, network: Network, settings: LexwareSettings) -> None:
        self._settings = settings
        self._api = ApiClient(
            network, settings.app_url, error_for=_token_error, timeout=settings.timeout_seconds
        )

    def authorize_url(self, *, state: str, verifier: str, scope: str | None = None) -> str:
        """Where the merchant agrees; the verifier is kept for `exchange`."""
        uri: str = prepare_grant_uri(
            f"{self._settings.app_url.rstrip('/')}/oauth2/authorize",
            self._settings.client_id,
            "code",
            redirect_uri=self._settings.redirect_uri,
            scope=scope,
            state=state,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return uri

    async def exchange(self, code: str, verifier: str) -> TokenPair:
        """Exchange a code for the first pair of a connection; a code works once, also when this fails."""
        return await self._token(
            "authorization_code", code=code, redirect_uri=self._settings.redirect_uri, code_verifier=verifier
        )

    async def refresh(self, refresh_token: SecretStr) -> TokenPair:
        """Fetch the next pair; the one before is dead. `GrantInvalid`: it already was."""
        return await self._token("refresh_token", refresh_token=refresh_token.get_secret_value())

    async def _token(self, grant_type: str, **fields: str | None) -> TokenPair:
        form: str = prepare_token_request(grant_type, **fields)
        basic = {"Authorization": f"Basic {_basic(self._settings)}"}
        response = await self._api.post("/oauth2/token", form.encode(), FORM, headers=basic)
        try:
            answer = parse(_TokenAnswer, response.content)
        except UnreadableAnswer as unreadable:
            raise OutcomeLost("the token answer holds no pair") from unreadable
        return TokenPair(answer.access_token, answer.refresh_token, answer.expires_in)


def new_verifier() -> str:
    """A fresh PKCE verifier."""
    return secrets.token_urlsafe(64)


def _basic(settings: LexwareSettings) -> str:
    if settings.client_id is None or settings.client_secret is None:
        raise OAuthMisconfigured("no OAuth client is configured")
    pair = f"{settings.client_id}:{settings.client_secret.get_secret_value()}"
    return base64.b64encode(pair.encode()).decode()


def _token_error(call: Call, response: Response) -> ConnectorError:
    """Only an error of RFC 6749 says that nothing was spent; all else leaves it open."""
    said = f"POST {loggable_path(call.path)}: {response.status}"
    word = word_of(call.path, response) if response.status == 429 else None
    if word is not None:
        return RateLimited()
    match oauth_error_of(response):
        case None:
            return OutcomeLost(said)
        case "invalid_grant":
            return GrantInvalid(said)
        case error:
            return OAuthMisconfigured(f"{said} {error[:60]}")
