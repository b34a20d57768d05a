"""What is asked of a shop or of the books before a connection to them is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from api.problems import (
    AddressRefused,
    AnswerEncodingRefused,
    BookkeepingMissing,
    CredentialsRefused,
    NoSuchUpstream,
    UpstreamUnavailable,
)
from common.errors import ConnectorError, TransientError, UnknownOutcomeError
from common.http.errors import Unauthorized, UnreadableAnswer
from common.http.transport import Network
from common.lexware.connect import LexwareClients
from common.lexware.errors import AccessDenied, ContractProblem, ReconnectNeeded
from common.shops.address import AddressRefused as NotPublic
from common.shops.epages.client import EpagesClient
from common.shops.epages.errors import AnswerEncodingRefused as PackedOtherwise
from common.shops.epages.errors import ShopRefused
from common.shops.epages.http import ShopHttp

BOOKKEEPING = "BOOKKEEPING"
SHOP_SECONDS = 20.0
LOCALE = "de_DE"


@dataclass(frozen=True, slots=True)
class BooksIdentity:
    """Whose books a token opens."""

    organization_id: str
    has_bookkeeping: bool


class ConnectionChecks(Protocol):
    """Asks the other side once; raises the problem the caller is to be told."""

    async def shop(self, base_url: str, access_token: SecretStr) -> None:
        """Raise unless a shop answers there and accepts the token."""

    async def books(self, token: SecretStr) -> BooksIdentity:
        """Whose books they are; raises unless the token is accepted."""


class UpstreamChecks:
    """Asks the shop for its name and the books for their profile."""

    def __init__(self, network: Network, books: LexwareClients) -> None:
        self._network, self._books = network, books

    async def shop(self, base_url: str, access_token: SecretStr) -> None:
        """Raise unless a shop answers there and accepts the token."""
        http = ShopHttp(self._network, base_url, timeout=SHOP_SECONDS)
        with _as_problems():
            await EpagesClient(http, access_token, locale=LOCALE).shop_info()

    async def books(self, token: SecretStr) -> BooksIdentity:
        """Whose books they are; raises unless the token is accepted."""
        with _as_problems():
            profile = await self._books.with_key(token).profile.get()
        return BooksIdentity(profile.organization_id, BOOKKEEPING in profile.business_features)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except (ShopRefused, Unauthorized, ReconnectNeeded, AccessDenied):
        raise CredentialsRefused from None
    except PackedOtherwise:
        raise AnswerEncodingRefused from None
    except NotPublic:
        raise AddressRefused("Only https addresses of public hosts are allowed.") from None
    except ContractProblem:
        raise BookkeepingMissing from None
    except UnreadableAnswer:
        raise NoSuchUpstream from None
    except (TransientError, UnknownOutcomeError) as trouble:
        wait = getattr(trouble, "retry_after", None)
        seconds = max(1, round(wait.total_seconds())) if wait else 30
        raise UpstreamUnavailable(headers={"Retry-After": str(seconds)}) from None
    except ConnectorError:
        raise NoSuchUpstream from None
