"""The part of the classic ePages API that ingest reads; one client per piece of work."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from common.http.transport import USER_AGENT
from common.shops.base import OrderQuery, Page, Quota, Read, ShopClient, Unreadable, join, total_pages
from common.shops.epages.answers import NotJson, TooManyValues, parse, parse_order, read_json, read_list
from common.shops.epages.errors import (
    AnswerTooLarge,
    NotAShop,
    ShopUnavailable,
    SomethingElseAnswers,
    error_for,
)
from common.shops.epages.wire import Order, OrderDocument, ShopInfo

MEDIA_TYPE = "application/vnd.epages.v1+json"
PAGE_SIZE = 100
SMALLER_PAGES = {100: 10, 10: 1}  # when an answer is too large
DEFAULT_LIMIT = 2 * 1024 * 1024
DOCUMENTS_LIMIT = 32 * 1024 * 1024
MAX_DOCUMENT_PAGES = 200
REMAINING = ("x-ratelimit-remaining", "x-rate-limit-remaining")
RESET = ("x-ratelimit-reset", "x-rate-limit-reset")

ItemT = TypeVar("ItemT", bound=BaseModel)


class Answer(Protocol):
    """An HTTP answer read to its end."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


class Http(Protocol):
    """Sends a GET below the shop's API root."""

    async def get(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], max_bytes: int
    ) -> Answer:
        """Send it. Returns the answer, whatever its status; without one raises what kept it away."""


class EpagesClient(ShopClient[ShopInfo, Order, OrderDocument]):
    """One shop, one token; `calls` counts every request sent, `quota` is what the last answer said."""

    def __init__(self, http: Http, token: SecretStr, *, locale: str) -> None:
        self._http, self._token, self._locale = http, token, locale
        self.calls = 0
        self.quota = Quota()

    async def shop_info(self) -> ShopInfo:
        """Ask for the shop itself, the cheapest proof of address and token; raises `NotAShop`."""
        answer = await self._get("", {}, limit=DEFAULT_LIMIT)
        try:
            return parse(ShopInfo, read_json(answer.content))
        except NotJson as problem:
            raise SomethingElseAnswers(f"shop: no usable answer ({problem})") from None
        except ValueError as problem:
            raise NotAShop(f"shop: {problem}") from None

    async def orders(self, query: OrderQuery, page: int) -> Page[Order]:
        """Fetch one page of orders without their lines; an item that does not fit spoils only itself."""
        params = {
            "updatedFrom": query.updated_from,
            "createdAfter": query.created_after,
            "createdBefore": query.created_before,
        }
        given = {name: stamp(moment) for name, moment in params.items() if moment is not None}
        answer = await self._get("/orders", given | _paging(page, PAGE_SIZE), limit=DEFAULT_LIMIT)
        return _page(answer, parse_order, page, PAGE_SIZE)

    async def order(self, order_id: str) -> Read[Order]:
        """Fetch one order as it is now."""
        answer = await self._get(f"/orders/{quote(order_id, safe='')}", {}, limit=DEFAULT_LIMIT)
        order = _usable(lambda: parse_order(read_json(answer.content)), "order")
        return Read(order, answer.content, server_time(answer.headers))

    async def documents(self, order_id: str) -> Page[OrderDocument]:
        """Fetch all finalised documents of an order, without their files."""
        return await self._documents(order_id, {})

    async def documents_with_files(self, order_id: str) -> Page[OrderDocument]:
        """Fetch all finalised documents of an order, each with its file when there is one."""
        return await self._documents(order_id, {"includePdf": "true"})

    async def _documents(self, order_id: str, wanted: Mapping[str, str]) -> Page[OrderDocument]:
        """Fetch them; an answer too large is asked for anew from its beginning, in pages a tenth as long."""
        size = PAGE_SIZE
        while True:
            try:
                return await self._all_documents(order_id, wanted, size)
            except AnswerTooLarge:
                if size not in SMALLER_PAGES:
                    raise
                size = SMALLER_PAGES[size]

    async def _all_documents(
        self, order_id: str, wanted: Mapping[str, str], size: int
    ) -> Page[OrderDocument]:
        path, pages = f"/orders/{quote(order_id, safe='')}/documents", list[Page[OrderDocument]]()
        while not pages or (len(pages) < total_pages(pages[-1], size) and len(pages[-1])):
            if len(pages) == MAX_DOCUMENT_PAGES:
                raise ShopUnavailable(f"more than {MAX_DOCUMENT_PAGES} pages of documents")
            number = len(pages) + 1
            answer = await self._get(path, {**wanted, **_paging(number, size)}, limit=DOCUMENTS_LIMIT)
            pages.append(_page(answer, lambda data: parse(OrderDocument, data), number, size))
        return join(pages)

    async def _get(self, path: str, params: Mapping[str, str], *, limit: int) -> Answer:
        self.calls += 1
        answer = await self._http.get(
            path, params={**params, "locale": self._locale}, headers=self._headers(), max_bytes=limit
        )
        self.quota = read_quota(answer.headers)
        if not 200 <= answer.status < 300:
            raise error_for(answer.status, path, answer.content, self.quota.resets_at)
        return answer

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": MEDIA_TYPE,
            "User-Agent": USER_AGENT,
            "Authorization": f"Bearer {self._token.get_secret_value()}",
        }


def stamp(moment: datetime) -> str:
    """A moment as the platform writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_quota(headers: Mapping[str, str]) -> Quota:
    """What an answer's headers say about further calls, in either spelling."""
    remaining, reset = _first(headers, REMAINING), _first(headers, RESET)
    return Quota(
        remaining=int(remaining) if remaining is not None and remaining.isdecimal() else None,
        resets_at=_moment(reset),
    )


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock, from its `Date` header."""
    given = _first(headers, ("date",))
    try:
        return parsedate_to_datetime(given).astimezone(UTC) if given else None
    except (TypeError, ValueError):
        return None


def _page(answer: Answer, read: Callable[[Any], ItemT], number: int, size: int) -> Page[ItemT]:
    total, raw_items = _usable(lambda: read_list(answer.content), "list")
    items, unreadable = list[Read[ItemT]](), list[Unreadable]()
    for raw, data in raw_items:
        try:
            items.append(Read(read(data), raw))
        except ValueError as problem:
            unreadable.append(Unreadable(raw, str(problem)))
    if total is None:  # a full page may have a successor
        total = (number - 1) * size + len(raw_items) + (1 if len(raw_items) >= size else 0)
    return Page(total, tuple(items), tuple(unreadable), server_time(answer.headers))


T = TypeVar("T")


def _usable(read: Callable[[], T], what: str) -> T:
    try:
        return read()
    except TooManyValues as problem:
        raise AnswerTooLarge(f"{what}: {problem}") from None
    except (NotJson, ValueError) as problem:
        raise ShopUnavailable(f"{what}: no usable answer ({problem})") from None


def _paging(page: int, size: int) -> dict[str, str]:
    return {"page": str(page), "resultsPerPage": str(size)}


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    lowered = {name.lower(): value for name, value in headers.items()}
    return next((lowered[name].strip() for name in names if name in lowered), None)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
