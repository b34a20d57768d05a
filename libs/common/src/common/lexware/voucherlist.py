"""`/v1/voucherlist` of one connection: look-ups by number, and pages for a local index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from common.http.client import ApiClient
from common.lexware.rows import Page, parse_page
from common.lexware.wire import VoucherListRow

PAGE_SIZE = 250
WINDOW_LIMIT = 10_000  # pages beyond it are refused
SALES_TYPES = ("salesinvoice", "salescreditnote")


@dataclass(frozen=True, slots=True)
class FoundVouchers:
    """Vouchers with a number; when not `complete`, there may be others."""

    rows: tuple[VoucherListRow, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class VoucherFilter:
    """A part of the list: sales vouchers within whole German days of change and of their own date.

    No bound is no filter, and no status is any. A voucher without date may be in no range of dates.
    """

    types: tuple[str, ...] = SALES_TYPES
    statuses: tuple[str, ...] = ()
    changed_from: date | None = None
    changed_to: date | None = None
    dated_from: date | None = None
    dated_to: date | None = None

    def params(self) -> dict[str, str]:
        """The parameters of the query."""
        days = {
            "updatedDateFrom": self.changed_from,
            "updatedDateTo": self.changed_to,
            "voucherDateFrom": self.dated_from,
            "voucherDateTo": self.dated_to,
        }
        return {
            "voucherType": ",".join(self.types),
            "voucherStatus": ",".join(self.statuses) or "any",
            **{name: day.isoformat() for name, day in days.items() if day is not None},
        }


class VoucherList:
    """Metadata of all vouchers, some seconds late; only the default order is used."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def find(self, voucher_type: str, number: str) -> FoundVouchers:
        """Find vouchers of that type and number; one whose type cannot be read may be of this type.

        Misspelt and ignored filters give an unfiltered list: a page with other numbers proves nothing, nor
        does one that counts more than it shows. The filter ignores case: numbers of another case are kin.
        """
        query = VoucherFilter(types=(voucher_type,)).params()
        page = await self._page({**query, "voucherNumber": searchable(number)})
        types, kin = (voucher_type, ""), number.strip().casefold()
        foreign = [
            row
            for row in page.content
            if row.voucher_number.strip().casefold() != kin or row.voucher_type not in types
        ]
        rows = [row for row in page.content if row.voucher_number.strip() == number.strip()]
        return FoundVouchers(
            rows=tuple(row for row in rows if row.voucher_type in types),
            complete=page.last
            and not page.rows.lost
            and not foreign
            and (page.total or 0) <= len(page.content),
        )

    async def page(self, wanted: VoucherFilter, number: int = 0) -> Page[VoucherListRow]:
        """Read one page of a part of the list; `total` is capped at `WINDOW_LIMIT`."""
        return await self._page(wanted.params(), number)

    async def _page(self, query: Mapping[str, str], number: int = 0) -> Page[VoucherListRow]:
        params = {**query, "page": str(number), "size": str(PAGE_SIZE)}
        return parse_page(VoucherListRow, (await self._api.get("/v1/voucherlist", params)).content, PAGE_SIZE)


def searchable(text: str) -> str:
    """The text as Lexware's filters want it: exactly these three characters HTML-encoded."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
