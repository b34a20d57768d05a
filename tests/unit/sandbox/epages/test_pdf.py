"""The files of simulated documents are PDFs that any reader opens."""

import re

from sandbox.epages.documents.pdf import write_pdf


def objects_at_their_offsets(content: bytes) -> bool:
    """Whether the cross-reference table points at every object and is pointed at itself."""
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    if not content[start:].startswith(b"xref\n"):
        return False
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n \n", content[start:])]
    return all(content[at:].startswith(b"%d 0 obj" % number) for number, at in enumerate(offsets, start=1))


def test_the_file_is_well_formed_and_shows_its_text() -> None:
    content = write_pdf("Rechnung R-1", ["Mara (Muster)", "Gesamtbetrag 67,50 €"])
    assert content.startswith(b"%PDF-1.4")
    assert content.endswith(b"%%EOF\n")
    assert objects_at_their_offsets(content)
    assert b"(Rechnung R-1)" in content
    assert rb"(Mara \(Muster\))" in content
    assert "67,50 €".encode("cp1252") in content


def test_the_stream_is_as_long_as_it_says() -> None:
    content = write_pdf("Rechnung R-1", ["x"])
    found = re.search(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", content, re.DOTALL)
    assert found is not None
    assert int(found[1]) == len(found[2])


def test_every_document_gets_another_file_and_the_same_one_the_same() -> None:
    assert write_pdf("R-1", ["a"]) == write_pdf("R-1", ["a"]) != write_pdf("R-2", ["a"])


def test_a_padded_file_is_as_big_as_asked_and_still_well_formed() -> None:
    content = write_pdf("R-1", ["a"], min_bytes=5_500_000)
    assert len(content) > 5_500_000
    assert objects_at_their_offsets(content)
