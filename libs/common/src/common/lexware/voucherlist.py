"""`/v1/voucherlist` of one connection: look-ups by number, and pages for a local index."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from common.http.client import ApiClient
from common.lexware.wire import VoucherListPage, VoucherListRow, parse

PAGE_SIZE = 250
WINDOW_LIMIT = 10_000  # pages beyond it are refused


@dataclass(frozen=True, slots=True)
class FoundVouchers:
    """Vouchers with a number; when not `complete`, there may be others."""

    rows: tuple[VoucherListRow, ...]
    complete: bool


class VoucherList:
    """Metadata of all vouchers, some seconds late; only the default order is used."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def find(self, voucher_type: str, number: str) -> FoundVouchers:
        """Vouchers of that type and number.

        Misspelt and ignored filters give an unfiltered list: a page with other numbers proves nothing.
        """
        page = await self._page((voucher_type,), {"voucherNumber": searchable(number)})
        rows = tuple(row for row in page.content if row.voucher_number.strip() == number.strip())
        kin = number.strip().casefold()
        foreign = [
            row
            for row in page.content
            if row.voucher_number.strip().casefold() != kin or row.voucher_type != voucher_type
        ]
        return FoundVouchers(
            rows=tuple(row for row in rows if row.voucher_type == voucher_type),
            complete=page.last and not foreign,
        )

    async def changed_since(
        self, voucher_types: Sequence[str], changed_from: date
    ) -> tuple[VoucherListRow, ...]:
        """Every voucher changed on that day or later."""
        query = {"updatedDateFrom": changed_from.isoformat()}
        first = await self._page(voucher_types, query)
        return tuple([row async for row in self._rest(first, voucher_types, query)])

    async def dated(
        self, voucher_types: Sequence[str], start: date, end: date, *, page: int = 0
    ) -> VoucherListPage:
        """The page of vouchers dated within both days; `total_elements` is capped at `WINDOW_LIMIT`."""
        query = {"voucherDateFrom": start.isoformat(), "voucherDateTo": end.isoformat()}
        return await self._page(voucher_types, query, page)

    async def _rest(
        self, page: VoucherListPage, voucher_types: Sequence[str], query: dict[str, str]
    ) -> AsyncIterator[VoucherListRow]:
        number = page.number
        while True:
            for row in page.content:
                yield row
            if page.last or not page.content:
                return
            number += 1
            page = await self._page(voucher_types, query, number)

    async def _page(
        self, voucher_types: Sequence[str], query: dict[str, str], number: int = 0
    ) -> VoucherListPage:
        params = {
            "voucherType": ",".join(voucher_types),
            "voucherStatus": "any",
            **query,
            "page": str(number),
            "size": str(PAGE_SIZE),
        }
        return parse(VoucherListPage, (await self._api.get("/v1/voucherlist", params)).content)


def searchable(text: str) -> str:
    """The text as Lexware's filters want it: exactly these three characters HTML-encoded."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
