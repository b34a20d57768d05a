"""`/v1/files` and the files of a voucher: upload with its checks, download, status."""

import hashlib
import re

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.errors import flat, gateway, issue, legacy, legacy_not_found
from sandbox.lexware.resources.vouchers import Vouchers, changed, is_locked
from sandbox.lexware.values import berlin_moment, today
from sandbox.store import Document

MAX_BYTES = 5 * 1024 * 1024

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "xml": "application/xml",
}
_EINVOICE = re.compile(rb"<(\w+:)?(CrossIndustryInvoice|Invoice|CreditNote)[\s>]")


class Part:
    """One part of a multipart body."""

    def __init__(self) -> None:
        self.headers: dict[str, bytes] = {}
        self.content = bytearray()

    def disposition(self, name: str) -> str | None:
        """Return a parameter of the part's Content-Disposition."""
        _, options = parse_options_header(self.headers.get("content-disposition", b""))
        value = options.get(name.encode())
        return None if value is None else value.decode("utf-8", "replace")


class Files:
    """Uploads and downloads of all organizations."""

    def __init__(self, books: Books, vouchers: Vouchers) -> None:
        self._books, self._vouchers = books, vouchers

    def attach(self, call: Call) -> Answer:
        """Attach a file to a voucher and raise its version; known content gives the id it already has."""
        voucher = self._vouchers.own(call, self._books.switches.upload_lag)
        if self._books.switches.refuse_files_when_locked and is_locked(voucher, self._books):
            raise legacy(400, [issue("invalid_value", "voucherStatus", "bad_request_error")])
        name, content = _uploaded(call)
        known = self._known(voucher["organizationId"], content)
        if known is not None:
            return json_answer(202, {"id": known["id"]})
        file = self._keep(voucher["organizationId"], voucher["id"], name, content)
        changed(self._books, voucher, {"files": [*voucher["files"], file["id"]]})
        return json_answer(202, {"id": file["id"]})

    def receive(self, call: Call) -> Answer:
        """Take a receipt: an unchecked purchase voucher comes into being around it."""
        kind = _fields(call).get("type")
        if kind is None:
            raise flat(400, issue("missing_entity", "type", "bad_request_error"))
        if kind != "voucher":
            raise Refused(json_answer(400, f"Unsupported upload type: {kind}"))
        name, content = _uploaded(call)
        organization_id = call.identity["organizationId"]
        known = self._known(organization_id, content)
        if known is not None:
            return json_answer(202, {"id": known["id"], "voucherId": known["voucherId"]})
        voucher = _receipt(organization_id)
        file = self._keep(organization_id, voucher["id"], name, content)
        self._books.put_voucher({**voucher, "files": [file["id"]]})
        call.notes["read_later"] = voucher["id"]
        return json_answer(202, {"id": file["id"], "voucherId": voucher["id"]})

    def download(self, call: Call) -> Answer:
        """Give back the bytes in the media type that was accepted."""
        file = self._own(call)
        accepted = {entry.partition(";")[0].strip() for entry in call.header("accept").split(",")}
        media_type = _MEDIA_TYPES[file["extension"]]
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


def _uploaded(call: Call) -> tuple[str, bytes]:
    """Return name and bytes of the file part, or refuse them."""
    part = next((part for part in _parts(call) if part.disposition("name") == "file"), None)
    if part is None:
        raise flat(500, issue("missing_entity", "file", "technical_error"))
    name, content = part.disposition("filename") or "", bytes(part.content)
    stem, _, extension = name.rpartition(".")
    if not stem or extension.lower() not in _MEDIA_TYPES:
        raise legacy(406, [issue("inacceptable_file_extension", "file")])
    if len(content) > MAX_BYTES:
        raise legacy(406, [issue("max_file_size_exceeded", "file")])
    key = _content_issue(extension.lower(), content)
    if key is not None:
        raise legacy(406, [issue(key, "file")])
    return name, content


def _content_issue(extension: str, content: bytes) -> str | None:
    if extension == "pdf":
        return None if b"%PDF" in content[:1024] else "image_conversion_error"
    if extension == "xml":
        return None if _EINVOICE.search(content) else "invalid_xrechnung"
    magic = b"\x89PNG\r\n\x1a\n" if extension == "png" else b"\xff\xd8\xff"
    return None if content.startswith(magic) else "image_conversion_error"


def _fields(call: Call) -> dict[str, str]:
    named = [(part.disposition("name"), part) for part in _parts(call)]
    return {name: part.content.decode("utf-8", "replace") for name, part in named if name is not None}


def _parts(call: Call) -> list[Part]:
    """Return the complete parts of the multipart body; refuse a body of another kind."""
    kind, options = parse_options_header(call.header("content-type"))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise legacy(415, [issue("invalid_value", "Content-Type", "bad_request_error")])
    parts: list[Part] = []
    header = [bytearray(), bytearray()]

    def header_end() -> None:
        parts[-1].headers[header[0].decode("latin-1").lower()] = bytes(header[1])
        header[0].clear()
        header[1].clear()

    complete: list[bool] = []
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": lambda: parts.append(Part()),
            "on_header_field": lambda data, start, end: header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: header[1].extend(data[start:end]),
            "on_header_end": header_end,
            "on_part_data": lambda data, start, end: parts[-1].content.extend(data[start:end]),
            "on_end": lambda: complete.append(True),
        },
    )
    try:
        parser.write(call.body)
        parser.finalize()
    except FormParserError as error:
        raise legacy(400, [issue("invalid_value", "body", "bad_request_error")]) from error
    if not complete:
        raise legacy(400, [issue("invalid_value", "body", "bad_request_error")])
    return parts


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
