"""Small but valid PDF files, written by hand: one page with a few lines of text, different per document."""

import zlib
from collections.abc import Sequence

INFO = 6  # the object with title and producer
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
    b" /Resources << /Font << /F1 4 0 R >> >> >>"
)
NAMES_OF_FILES = b" /Names << /EmbeddedFiles << /Names [(%s) 7 0 R] >> >> /AF [7 0 R]"
NAMES_OF_OTHERS = (
    b" /Names << /EmbeddedFiles << /Kids [<< /Limits [(agb.txt) (agb.txt)] /Names [(agb.txt) 9 0 R] >>] >> >>"
    b" /AF [7 0 R]"
)
OTHER_FILE = ("agb.txt", b"Allgemeine Bedingungen")
PADDING_LINE = b"% " + b"." * 77 + b"\n"


def write_pdf(
    title: str,
    lines: Sequence[str],
    *,
    min_bytes: int = 0,
    attachment: tuple[str, bytes] | None = None,
    af_only: bool = False,
) -> bytes:
    """A one-page PDF that shows the title and the lines; padded by comments up to `min_bytes`.

    An `attachment` (name and content) is embedded as an associated file, as e-invoices are; with `af_only`
    the list of files, a tree, names another file only.
    """
    page = _page_content(title, lines)
    inside = b"" if attachment is None else NAMES_OF_FILES % _text(attachment[0])
    if attachment is not None and af_only:
        inside = NAMES_OF_OTHERS
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R%s >>" % inside,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Title (%s) /Producer (Shop simulator) >>" % _text(title),
    ]
    if attachment is not None:
        objects += _embedded(*attachment, number=8)
    if attachment is not None and af_only:
        objects += _embedded(*OTHER_FILE, number=10)
    return _assemble(objects, min_bytes)


def _embedded(name: str, content: bytes, *, number: int) -> list[bytes]:
    """The file's description and its content, which becomes the object of this number."""
    packed, file_name = zlib.compress(content), _text(name)
    return [
        b"<< /Type /Filespec /F (%s) /UF (%s) /AFRelationship /Alternative /EF << /F %d 0 R >> >>"
        % (file_name, file_name, number),
        b"<< /Type /EmbeddedFile /Subtype /text#2Fxml /Filter /FlateDecode /Length %d"
        b" /Params << /Size %d >> >>\nstream\n%s\nendstream" % (len(packed), len(content), packed),
    ]


def _page_content(title: str, lines: Sequence[str]) -> bytes:
    rows = [b"BT", b"/F1 16 Tf", b"56 780 Td", b"(%s) Tj" % _text(title), b"/F1 10 Tf", b"0 -28 Td"]
    for line in lines:
        rows += [b"(%s) Tj" % _text(line), b"0 -15 Td"]
    return b"\n".join([*rows, b"ET"])


def _assemble(objects: Sequence[bytes], min_bytes: int) -> bytes:
    body = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    if min_bytes > len(body):
        body += PADDING_LINE * (min_bytes // len(PADDING_LINE) + 1)
    offsets = []
    for index, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (index, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, INFO)
    body += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(body)


def _text(text: str) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return escaped.encode("cp1252", errors="replace")
