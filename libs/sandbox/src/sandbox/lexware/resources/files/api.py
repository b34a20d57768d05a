"""`/v1/files` and the files of a voucher: upload with its checks, download, status."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.lexware.books import Books, new_id, those_of
from sandbox.lexware.errors import flat, gateway, issue, legacy, legacy_not_found
from sandbox.lexware.resources.files.uploads import MEDIA_TYPES, form_fields, uploaded_file
from sandbox.lexware.resources.vouchers.api import Vouchers, is_locked
from sandbox.lexware.values import berlin_moment, today
from sandbox.resource import ApiRoute, Resource, StatePart
from sandbox.store import Document

READING_SECONDS = 5.0

DoLater = Callable[[float, Callable[[], object]], None]


class Files(Resource):
    """Uploads and downloads of all organizations."""

    def __init__(self, books: Books, vouchers: Vouchers, do_later: DoLater) -> None:
        self._books, self._vouchers, self._do_later = books, vouchers, do_later

    def routes(self) -> Sequence[ApiRoute]:
        """Return the routes of files, and the one that gives a file to a voucher."""
        attach, receive = ("vouchers.write", "files.write"), ("files.write",)
        return [
            ApiRoute("/v1/vouchers/{id}/files", {"POST": self.attach}, {"POST": attach}, takes_forms=True),
            ApiRoute("/v1/files", {"POST": self.receive}, {"POST": receive}, takes_forms=True),
            ApiRoute("/v1/files/{id}", {"GET": self.download}, {"GET": ("files.read",)}),
            ApiRoute("/v1/files/{id}/status", {"GET": self.status}, {"GET": ("files.status",)}),
        ]

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the files without their bytes."""
        return {"files": lambda: those_of(query, self._books.files.values())}

    def resume(self) -> None:
        """Read the receipts whose reading was interrupted."""
        for voucher in self._books.vouchers.values():
            if voucher["voucherStatus"] == "blank":
                self._finish_reading(voucher["id"])

    def attach(self, call: Call) -> Answer:
        """Attach a file to a voucher and raise its version; known content gives the id it already has."""
        voucher = self._vouchers.own(call, self._books.switches.upload_lag)
        if self._books.switches.refuse_files_when_locked and is_locked(voucher, self._books):
            raise legacy(400, [issue("invalid_value", "voucherStatus", "bad_request_error")])
        name, content = uploaded_file(call)
        known = self._known(voucher["organizationId"], content)
        if known is not None:
            return json_answer(202, {"id": known["id"]})
        file = self._keep(voucher["organizationId"], voucher["id"], name, content)
        self._books.change_voucher(voucher, {"files": [*voucher["files"], file["id"]]})
        return json_answer(202, {"id": file["id"]})

    def receive(self, call: Call) -> Answer:
        """Take a receipt: an unchecked purchase voucher comes into being around it."""
        kind = form_fields(call).get("type")
        if kind is None:
            raise flat(400, issue("missing_entity", "type", "bad_request_error"))
        if kind != "voucher":
            raise Refused(json_answer(400, f"Unsupported upload type: {kind}"))
        name, content = uploaded_file(call)
        organization_id = call.identity["organizationId"]
        known = self._known(organization_id, content)
        if known is not None:
            return json_answer(202, {"id": known["id"], "voucherId": known["voucherId"]})
        voucher = _receipt(organization_id)
        file = self._keep(organization_id, voucher["id"], name, content)
        self._books.put_voucher({**voucher, "files": [file["id"]]})
        self._do_later(READING_SECONDS, lambda: self._finish_reading(voucher["id"]))
        return json_answer(202, {"id": file["id"], "voucherId": voucher["id"]})

    def download(self, call: Call) -> Answer:
        """Give back the bytes in the media type that was accepted."""
        file = self._own(call)
        accepted = {entry.partition(";")[0].strip() for entry in call.header("accept").split(",")}
        media_type = MEDIA_TYPES[file["extension"]]
        served = {"", "*/*", media_type, f"{media_type.partition('/')[0]}/*"}
        if self._books.switches.download_as_json:
            served.add("application/json")
        if not accepted & served:
            return gateway(404) if "application/xml" in accepted else _not_acceptable()
        disposition = f'attachment; filename="{file["id"]}.{file["extension"]}"'.encode()
        headers = ((b"content-disposition", disposition),)
        return Answer(200, self._books.content(file), media_type.encode(), headers)

    def status(self, call: Call) -> Answer:
        """Tell how far the upload was processed; here it always is."""
        return json_answer(200, {"id": self._own(call)["id"], "status": "upload_success"})

    def _finish_reading(self, voucher_id: str) -> None:
        voucher = self._books.vouchers.current(voucher_id)
        if voucher is not None:
            self._books.change_voucher(voucher, {"voucherStatus": "unchecked"})

    def _own(self, call: Call) -> Document:
        file = self._books.files.get(call.params["id"].lower())
        if file is None:
            raise legacy_not_found()
        if file["organizationId"] != call.identity["organizationId"]:
            raise Refused(gateway(403))
        return file

    def _known(self, organization_id: str, content: bytes) -> Document | None:
        if not self._books.switches.dedupe_files:
            return None
        return self._books.file_with_checksum(organization_id, hashlib.sha256(content).hexdigest())

    def _keep(self, organization_id: str, voucher_id: str, name: str, content: bytes) -> Document:
        file = {
            "id": new_id(),
            "organizationId": organization_id,
            "voucherId": voucher_id,
            "name": name,
            "extension": name.rpartition(".")[2].lower(),
            "size": len(content),
            "checksum": hashlib.sha256(content).hexdigest(),
            "createdDate": berlin_moment(),
        }
        self._books.put_file(file, content)
        return file


def _not_acceptable() -> Answer:
    return legacy(406, [issue("invalid_value", "Accept", "bad_request_error")]).answer


def _receipt(organization_id: str) -> Document:
    moment = berlin_moment()
    return {
        "id": new_id(),
        "organizationId": organization_id,
        "type": "purchaseinvoice",
        "voucherStatus": "blank",
        "voucherNumber": "",
        "voucherDate": today(),
        "shippingDate": None,
        "dueDate": None,
        "totalGrossAmount": "0.00",
        "totalTaxAmount": "0.00",
        "taxType": "gross",
        "useCollectiveContact": True,
        "contactId": None,
        "contactName": None,
        "remark": None,
        "voucherItems": [],
        "files": [],
        "createdDate": moment,
        "updatedDate": moment,
        "version": 1,
    }
