"""How the form of an upload is read, and which files are refused."""

import re

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sandbox.http import Call
from sandbox.lexware.errors import flat, issue, legacy

MAX_BYTES = 5 * 1024 * 1024

MEDIA_TYPES = {
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


def uploaded_file(call: Call) -> tuple[str, bytes]:
    """Return name and bytes of the file part, or refuse them."""
    part = next((part for part in _parts(call) if part.disposition("name") == "file"), None)
    if part is None:
        raise flat(500, issue("missing_entity", "file", "technical_error"))
    name, content = part.disposition("filename") or "", bytes(part.content)
    stem, _, extension = name.rpartition(".")
    if not stem or extension.lower() not in MEDIA_TYPES:
        raise legacy(406, [issue("inacceptable_file_extension", "file")])
    if len(content) > MAX_BYTES:
        raise legacy(406, [issue("max_file_size_exceeded", "file")])
    key = _content_issue(extension.lower(), content)
    if key is not None:
        raise legacy(406, [issue(key, "file")])
    return name, content


def form_fields(call: Call) -> dict[str, str]:
    """Return the parts that have a name, as text."""
    named = [(part.disposition("name"), part) for part in _parts(call)]
    return {name: part.content.decode("utf-8", "replace") for name, part in named if name is not None}


def _content_issue(extension: str, content: bytes) -> str | None:
    if extension == "pdf":
        return None if b"%PDF" in content[:1024] else "image_conversion_error"
    if extension == "xml":
        return None if _EINVOICE.search(content) else "invalid_xrechnung"
    magic = b"\x89PNG\r\n\x1a\n" if extension == "png" else b"\xff\xd8\xff"
    return None if content.startswith(magic) else "image_conversion_error"


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
