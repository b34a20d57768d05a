"""What is asked of a shop or of the books before a connection to them is kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from api.problems import (
    AddressRefused,
    AnswerEncodingRefused,
    BookkeepingMissing,
    CredentialsRefused,
    ForeignRefusal,
    NoSuchUpstream,
    UpstreamUnavailable,
)
from common.errors import ConnectorError, TransientError, UnknownOutcomeError
from common.http.errors import Unauthorized, UnreadableAnswer
from common.http.transport import Network
from common.lexware.connect import LexwareClients
from common.lexware.errors import AccessDenied, ContractProblem, DeniedForNow, ReconnectNeeded
from common.shops.address import AddressRefused as NotPublic
from common.shops.base import OrderQuery, total_pages
from common.shops.epages.client import PAGE_SIZE, EpagesClient
from common.shops.epages.errors import AnswerEncodingRefused as PackedOtherwise
from common.shops.epages.errors import ForeignRefusal as RefusedInFront
from common.shops.epages.errors import ShopRefused, ShopUnreachable, SomethingElseAnswers
from common.shops.epages.http import ShopHttp

BOOKKEEPING = "BOOKKEEPING"
SHOP_SECONDS = 20.0
LOCALE = "de_DE"
SAMPLED_PAGES = 5


@dataclass(frozen=True, slots=True)
class BooksIdentity:
    """Whose books a token opens."""

    organization_id: str
    has_bookkeeping: bool


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    """What a shop shows of itself: its storefront, as places are compared, and ids of some of its orders."""

    storefront: str | None = None
    orders: frozenset[str] = frozenset()


class ConnectionChecks(Protocol):
    """Asks the other side; raises the problem the caller is to be told."""

    async def shop(self, base_url: str, access_token: SecretStr) -> ShopIdentity:
        """Ask what a shop shows; raises unless one answers there and accepts the token."""

    async def knows_order(self, base_url: str, access_token: SecretStr, order_ids: Sequence[str]) -> bool:
        """Tell whether the shop has one of these orders; False when it does not say."""

    async def still_answers(self, base_url: str, access_token: SecretStr) -> bool:
        """Tell whether the shop there still takes the token; True also while it is only out of order."""

    async def books(self, token: SecretStr) -> BooksIdentity:
        """Ask whose books they are; raises unless the token is accepted."""


class UpstreamChecks:
    """Asks the shop for its name and the books for their profile."""

    def __init__(self, network: Network, books: LexwareClients) -> None:
        self._network, self._books = network, books

    async def shop(self, base_url: str, access_token: SecretStr) -> ShopIdentity:
        """Ask what a shop shows; raises unless one answers there and accepts the token."""
        client = self._client(base_url, access_token)
        with _as_problems():
            described = await client.shop_info()
            return ShopIdentity(described.storefront, frozenset(await _some_orders(client)))

    async def knows_order(self, base_url: str, access_token: SecretStr, order_ids: Sequence[str]) -> bool:
        """Tell whether the shop has one of these orders; False when it does not say."""
        client = self._client(base_url, access_token)
        for order_id in order_ids:
            try:
                if (await client.order(order_id)).value.order_id == order_id:
                    return True
            except ConnectorError:
                continue
        return False

    async def still_answers(self, base_url: str, access_token: SecretStr) -> bool:
        """Tell whether the shop there still takes the token; True also while it is only out of order."""
        try:
            await self._client(base_url, access_token).shop_info()
        except (ShopUnreachable, SomethingElseAnswers):
            return False
        except (TransientError, NotPublic):
            return True
        except ConnectorError:
            return False
        return True

    async def books(self, token: SecretStr) -> BooksIdentity:
        """Ask whose books they are; raises unless the token is accepted."""
        with _as_problems():
            profile = await self._books.with_key(token).profile.get()
        return BooksIdentity(profile.organization_id, BOOKKEEPING in profile.business_features)

    def _client(self, base_url: str, access_token: SecretStr) -> EpagesClient:
        http = ShopHttp(self._network, base_url, timeout=SHOP_SECONDS)
        return EpagesClient(http, access_token, locale=LOCALE)


async def _some_orders(client: EpagesClient) -> list[str]:
    """Ask for ids from pages spread over the whole list: a connection may have been out of use for long."""
    first = await client.orders(OrderQuery(), 1)
    last = total_pages(first, PAGE_SIZE)
    wanted = sorted({1 + step * (last - 1) // (SAMPLED_PAGES - 1) for step in range(SAMPLED_PAGES)})
    pages = [first, *[await client.orders(OrderQuery(), number) for number in wanted if number > 1]]
    return [item.value.order_id for page in pages for item in page.items]


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except DeniedForNow as denied:
        raise (BookkeepingMissing if denied.denial is ContractProblem else CredentialsRefused) from None
    except (ShopRefused, Unauthorized, ReconnectNeeded, AccessDenied):
        raise CredentialsRefused from None
    except PackedOtherwise:
        raise AnswerEncodingRefused from None
    except NotPublic:
        raise AddressRefused("Only https addresses of public hosts are allowed.") from None
    except ContractProblem:
        raise BookkeepingMissing from None
    except RefusedInFront:
        raise ForeignRefusal from None
    except (UnreadableAnswer, SomethingElseAnswers):
        raise NoSuchUpstream from None
    except (TransientError, UnknownOutcomeError) as trouble:
        wait = getattr(trouble, "retry_after", None)
        seconds = max(1, round(wait.total_seconds())) if wait else 30
        raise UpstreamUnavailable(headers={"Retry-After": str(seconds)}) from None
    except ConnectorError:
        raise NoSuchUpstream from None
