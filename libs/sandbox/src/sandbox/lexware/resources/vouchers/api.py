"""`/v1/vouchers`: create, read, update, filter. Numbers are not unique and nothing can be deleted here."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.lexware.books import Books, new_id, those_of
from sandbox.lexware.errors import Issue, gateway, issue, legacy, legacy_not_found, malformed
from sandbox.lexware.paging import paging_from
from sandbox.lexware.resources.vouchers.checks import Draft, checked_draft
from sandbox.lexware.resources.vouchers.control import VoucherControl
from sandbox.lexware.values import CENT, Malformed, berlin_moment, html_encoded, json_object
from sandbox.lexware.views import action_result, page, voucher_view
from sandbox.resource import ApiRoute, ControlRoute, Resource, StatePart
from sandbox.store import Document

_LOCKED_STATUSES = ("paid", "paidoff", "voided", "transferred", "sepadebit", "blank")


class Vouchers(Resource):
    """The voucher resource of all organizations."""

    def __init__(self, books: Books, base_url: Callable[[], str]) -> None:
        self._books, self._base_url = books, base_url
        self._control = VoucherControl(books)

    def routes(self) -> Sequence[ApiRoute]:
        """Return the routes of all vouchers and of one."""
        read, write = ("vouchers.read",), ("vouchers.write",)
        return [
            ApiRoute(
                "/v1/vouchers",
                {"GET": self.filter_by_number, "POST": self.create},
                {"GET": read, "POST": write},
            ),
            ApiRoute(
                "/v1/vouchers/{id}", {"GET": self.read, "PUT": self.update}, {"GET": read, "PUT": write}
            ),
        ]

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return the orders about vouchers."""
        return self._control.routes()

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the vouchers."""
        vouchers = self._books.vouchers
        return {"vouchers": lambda: [self._view(one) for one in those_of(query, vouchers.values())]}

    def create(self, call: Call) -> Answer:
        """Book a voucher, whether or not its number exists."""
        body = _body_of(call)
        organization = self._books.organization(call.identity["organizationId"])
        refused, status = self._wanted_status(body)
        draft = checked_draft(body, organization, status, self._books)
        draft.issues[:0] = refused
        if body.get("version") not in (None, 0, 1):
            draft.note("invalid_value", "version")
        if body.get("files"):
            draft.note("invalid_value", "files")
        if draft.issues:
            raise legacy(406, draft.issues)
        moment = berlin_moment()
        voucher = {
            "id": new_id(),
            "organizationId": organization["id"],
            **properties_of(draft),
            "voucherStatus": status,
            "files": [],
            "createdDate": moment,
            "updatedDate": moment,
            "version": 1,
        }
        self._books.put_voucher(voucher)
        return self._written(201, voucher)

    def read(self, call: Call) -> Answer:
        """Show a voucher as it was a moment ago."""
        voucher = self._books.vouchers.as_of(call.params["id"].lower(), self._books.switches.read_lag)
        if voucher is None:
            raise legacy_not_found()
        if voucher["organizationId"] != call.identity["organizationId"]:
            return gateway(403)
        return json_answer(200, self._view(voucher))

    def update(self, call: Call) -> Answer:
        """Replace a voucher; files it no longer names are lost for good."""
        voucher = self.own(call)
        body = _body_of(call)
        self._check_version(body, voucher)
        if is_locked(voucher, self._books):
            raise legacy(400, [issue("invalid_value", "voucherStatus", "bad_request_error")])
        organization = self._books.organization(voucher["organizationId"])
        refused, status = self._wanted_status(body, voucher)
        draft = checked_draft(body, organization, status, self._books)
        draft.issues[:0] = refused
        if body.get("type") is not None and body["type"] != voucher["type"]:
            draft.note("invalid_value", "type")
        files = self._kept_files(draft, voucher)
        if draft.issues:
            raise legacy(406, draft.issues)
        for file_id in set(voucher["files"]) - set(files):
            self._books.delete_file(file_id)
        changes = {**properties_of(draft), "voucherStatus": status, "files": files}
        return self._written(200, self._books.change_voucher(voucher, changes))

    def filter_by_number(self, call: Call) -> Answer:
        """Show all vouchers with exactly this number."""
        if not call.query.get("voucherNumber"):
            raise legacy(400, [issue("missing_entity", "voucherNumber", "bad_request_error")])
        number, size, problem = paging_from(call.query)
        if problem:
            raise legacy(400, [issue("invalid_value", problem, "bad_request_error")])
        wanted = call.query["voucherNumber"]
        found = [
            voucher
            for voucher in self._books.searched_vouchers(call.identity["organizationId"], wanted)
            if html_encoded(voucher["voucherNumber"] or "") == wanted
        ]
        rows = [self._view(voucher) for voucher in found[number * size : (number + 1) * size]]
        return json_answer(200, page(rows, len(found), number, size, None))

    def own(self, call: Call, lag: float = 0) -> Document:
        """Return the caller's voucher, or refuse."""
        voucher_id = call.params["id"].lower()
        if lag > 0 and self._books.vouchers.as_of(voucher_id, lag) is None:
            raise legacy_not_found()
        voucher = self._books.vouchers.current(voucher_id)
        if voucher is None:
            raise legacy_not_found()
        if voucher["organizationId"] != call.identity["organizationId"]:
            raise Refused(gateway(403))
        return voucher

    def _view(self, voucher: Document) -> Document:
        contact_id = voucher["contactId"]
        contact = None if contact_id is None else self._books.contacts.current(contact_id)
        return voucher_view(voucher, contact)

    def _written(self, status: int, voucher: Document) -> Answer:
        result = action_result(self._base_url(), "vouchers", voucher)
        return json_answer(status, result, ((b"location", result["resourceUri"].encode()),))

    def _wanted_status(
        self, body: dict[str, Any], voucher: Document | None = None
    ) -> tuple[list[Issue], str]:
        status, asked = "open" if voucher is None else voucher["voucherStatus"], body.get("voucherStatus")
        refused = [issue("invalid_value", "voucherStatus")]
        if asked is None:
            return [], status
        if voucher is not None and status == "unchecked":
            return ([], "open") if asked == "open" else (refused, status)
        allowed = ("open", "unchecked") if voucher is None else (status,)
        if self._books.switches.refuse_voucher_status or asked not in allowed:
            return refused, status
        return [], str(asked)

    def _check_version(self, body: dict[str, Any], voucher: Document) -> None:
        if body.get("version") is None:
            raise legacy(406, [issue("missing_entity", "version")])
        if body["version"] != voucher["version"]:
            raise legacy(self._books.switches.voucher_conflict_status, [issue("invalid_value", "version")])

    def _kept_files(self, draft: Draft, voucher: Document) -> list[str]:
        files = draft.body.get("files") or []
        if not isinstance(files, list) or not set(map(str, files)) <= set(voucher["files"]):
            draft.note("invalid_value", "files")
            return []
        return [file_id for file_id in voucher["files"] if file_id in files]


def properties_of(draft: Draft) -> Document:
    """Return what a checked draft says about the voucher, in the form the store keeps."""
    body = draft.body
    return {
        "type": body["type"],
        "voucherNumber": body.get("voucherNumber"),
        **draft.days,
        "totalGrossAmount": _money(draft.gross),
        "totalTaxAmount": _money(draft.tax),
        "taxType": body["taxType"],
        "useCollectiveContact": draft.collective,
        "contactId": None if draft.contact is None else draft.contact["id"],
        "contactName": body.get("contactName") if draft.collective else None,
        "remark": body.get("remark"),
        "voucherItems": [
            {
                "amount": _money(item.amount),
                "taxAmount": _money(item.tax),
                "taxRatePercent": str(item.rate),
                "categoryId": item.category.id,
            }
            for item in draft.items
        ],
    }


def is_locked(voucher: Document, books: Books) -> bool:
    """Tell whether a voucher can no longer be changed: paid, partly paid, locked or in a closed period."""
    closed_until = books.organization(voucher["organizationId"]).get("closedUntil")
    in_closed_period = bool(
        closed_until and voucher["voucherDate"] and voucher["voucherDate"] <= closed_until
    )
    partly_paid = bool(voucher.get("payments"))
    return (
        voucher["voucherStatus"] in _LOCKED_STATUSES
        or in_closed_period
        or partly_paid
        or bool(voucher.get("locked"))
    )


def _body_of(call: Call) -> dict[str, Any]:
    try:
        return json_object(call.body)
    except Malformed as error:
        raise malformed() from error


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount.quantize(CENT))
