"""`/v1/voucherlist`: the search over all vouchers, served from an index that lags behind."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.books import Books
from sandbox.lexware.errors import regular
from sandbox.lexware.paging import MAX_SIZE, WINDOW, paging_from
from sandbox.lexware.values import day_from
from sandbox.lexware.views import page, row_status, row_view
from sandbox.resource import ApiRoute, Resource
from sandbox.store import Document

_TYPE_NAMES = (
    "salesinvoice salescreditnote purchaseinvoice purchasecreditnote invoice downpaymentinvoice creditnote"
    " orderconfirmation quotation deliverynote"
)
_STATUS_NAMES = (
    "draft open paid paidoff voided transferred sepadebit overdue accepted rejected unchecked blank"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPES, _STATUSES = frozenset(_TYPE_NAMES.split()), frozenset(_STATUS_NAMES.split())
_SORT_KEYS = ("voucherDate", "voucherNumber", "createdDate", "updatedDate")
_DAYS = ("voucherDate", "createdDate", "updatedDate")

Keep = Callable[[Document], bool]


class Voucherlist(Resource):
    """The list resource of all organizations."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> Sequence[ApiRoute]:
        """Return the one route of the list."""
        return [ApiRoute("/v1/voucherlist", {"GET": self.search}, {"GET": ("voucherlist.read",)})]

    def search(self, call: Call) -> Answer:
        """Show one page of the rows that fit all filters; parameters it does not know change nothing."""
        filters = [
            _by_type(call),
            _by_status(call),
            *self._by_day(call),
            *_by_contact(call),
            *_by_archived(call),
        ]
        key, direction = _sort_of(call)
        number, size = _page_of(call)
        searched = None if call.notes.get("filter_ignored") else call.query.get("voucherNumber") or None
        found = [
            voucher
            for voucher in self._books.searched_vouchers(call.identity["organizationId"], searched)
            if all(keep(voucher) for keep in filters)
        ]
        found.sort(key=lambda voucher: _sort_value(voucher, key), reverse=direction == "DESC")
        rows = [self._row(voucher) for voucher in found[number * size : (number + 1) * size]]
        return json_answer(200, page(rows, len(found), number, size, (key.lower(), direction)))

    def _row(self, voucher: Document) -> Document:
        contact_id = voucher["contactId"]
        row = row_view(voucher, None if contact_id is None else self._books.contacts.current(contact_id))
        if row["voucherDate"] is None and self._books.switches.undated_row == "absent":
            del row["voucherDate"]
        return row

    def _by_day(self, call: Call) -> list[Keep]:
        """A voucher without date is in no range of dates, or in all of them, or not in the list at all."""
        switches = self._books.switches
        keeps = [
            _between(
                name,
                _day(call, f"{name}From"),
                _day(call, f"{name}To"),
                otherwise=name == "voucherDate" and switches.undated_in_date_filters,
            )
            for name in _DAYS
        ]
        if switches.undated_row == "hidden":
            keeps.append(lambda voucher: voucher["voucherDate"] is not None)
        return keeps


def _wanted(call: Call, name: str, known: frozenset[str]) -> frozenset[str] | None:
    """Return the wanted values of a mandatory list parameter; None means any."""
    value = call.query.get(name)
    if not value:
        raise regular(400, call, f"Required parameter '{name}' is not present.")
    if value == "any":
        return None
    wanted = frozenset(value.split(","))
    if not wanted <= known:
        raise regular(400, call, f"Invalid value '{value}' for parameter '{name}'.")
    return wanted


def _by_type(call: Call) -> Keep:
    wanted = _wanted(call, "voucherType", _TYPES)
    return lambda voucher: wanted is None or voucher["type"] in wanted


def _by_status(call: Call) -> Keep:
    wanted = _wanted(call, "voucherStatus", _STATUSES)
    if wanted is None:
        return lambda voucher: True
    if "overdue" in wanted and len(wanted) > 1:
        raise regular(400, call, "Status 'overdue' cannot be combined with other values.")
    return lambda voucher: voucher["voucherStatus"] in wanted or row_status(voucher) in wanted


def _between(name: str, first: str | None, last: str | None, *, otherwise: bool) -> Keep:
    if first is None and last is None:
        return lambda voucher: True

    def keep(voucher: Document) -> bool:
        day = _local_day(voucher, name)
        return (first or "0") <= day <= (last or "9") if day else otherwise

    return keep


def _day(call: Call, name: str) -> str | None:
    value = call.query.get(name)
    if not value:
        return None
    day = day_from(value) if len(value) == 10 else None
    if day is None:
        raise regular(400, call, f"Invalid value '{value}' for parameter '{name}'.")
    return day


def _local_day(voucher: Document, name: str) -> str:
    return str(voucher[name] or "")[:10]  # moments are kept with Berlin's offset


def _by_contact(call: Call) -> list[Keep]:
    value = call.query.get("contactId")
    if not value:
        return []
    if _UUID.fullmatch(value) is None:
        raise regular(400, call, f"Invalid value '{value}' for parameter 'contactId'.")
    return [lambda voucher: voucher["contactId"] == value.lower()]


def _by_archived(call: Call) -> list[Keep]:
    value = call.query.get("archived")
    if not value:
        return []
    if value not in ("true", "false"):
        raise regular(400, call, f"Invalid value '{value}' for parameter 'archived'.")
    return [lambda voucher: value == "false"]  # bookkeeping vouchers cannot be archived


def _sort_of(call: Call) -> tuple[str, str]:
    key, _, direction = (call.query.get("sort") or "voucherDate,DESC").partition(",")
    if key not in _SORT_KEYS or direction.upper() not in ("ASC", "DESC", ""):
        raise regular(400, call, f"Invalid sort '{call.query['sort']}'.")
    return key, direction.upper() or "ASC"


def _sort_value(voucher: Document, key: str) -> Any:
    return str(voucher[key] or ""), voucher["createdDate"], voucher["id"]


def _page_of(call: Call) -> tuple[int, int]:
    number, size, problem = paging_from(call.query)
    if problem is not None:
        limit = f"; the maximum size is {MAX_SIZE}" if problem == "size" else ""
        raise regular(400, call, f"Invalid value for parameter '{problem}'{limit}.")
    if number * size >= WINDOW:
        raise regular(400, call, f"The maximum search window of {WINDOW} is exceeded.")
    return number, size
