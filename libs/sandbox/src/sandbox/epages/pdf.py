"""Small but valid PDF files, written by hand: one page with a few lines of text, different per document."""

from collections.abc import Sequence

PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
    b" /Resources << /Font << /F1 4 0 R >> >> >>"
)
PADDING_LINE = b"% " + b"." * 77 + b"\n"


def write_pdf(title: str, lines: Sequence[str], *, min_bytes: int = 0) -> bytes:
    """A one-page PDF that shows the title and the lines; padded by comments up to `min_bytes`."""
    page = _page_content(title, lines)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Title (%s) /Producer (Shop simulator) >>" % _text(title),
    ]
    return _assemble(objects, min_bytes)


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
    body += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    body += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(body)


def _text(text: str) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return escaped.encode("cp1252", errors="replace")
