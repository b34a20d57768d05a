"""Where real generators put the XML inside a PDF, and that it is found there bit for bit (R8)."""

import io
from collections.abc import Mapping
from typing import Literal

import facturx
import pytest
from pypdf import PdfReader

from common.einvoice.pdf import MOST_ATTACHMENTS, UnreadablePdf, embedded_xml
from factories.einvoices import make_pdf, make_xml

SEVERAL = {"agb.pdf": b"%PDF-", "widerruf.txt": b"text", "zeiten.csv": b"1;2"}


@pytest.mark.parametrize("listed", ["flat", "kids", "af_only"])
@pytest.mark.parametrize("others", [None, SEVERAL], ids=["alone", "beside_others"])
def test_r8_the_xml_is_found_in_a_list_in_a_tree_and_where_only_the_catalog_names_it(
    listed: Literal["flat", "kids", "af_only"], others: Mapping[str, bytes] | None
) -> None:
    assert embedded_xml(make_pdf(make_xml(), listed=listed, others=others)) == make_xml()


def test_a_usual_reader_finds_nothing_where_only_the_catalog_names_it() -> None:
    reader = PdfReader(io.BytesIO(make_pdf(make_xml(), listed="af_only", others=SEVERAL)))
    assert sorted(reader.attachments) == sorted(SEVERAL)


@pytest.mark.parametrize("name", ["Factur-X.xml", "FACTUR-X.XML", "xRechnung.xml", "zugferd-Invoice.xml"])
def test_names_in_any_case_are_known(name: str) -> None:
    assert embedded_xml(make_pdf(make_xml(), name=name)) == make_xml()


def test_a_password_that_only_the_owner_needs_hides_nothing() -> None:
    assert embedded_xml(make_pdf(make_xml(), owner="secret")) == make_xml()


def test_a_pdf_with_more_files_than_any_invoice_is_unreadable_also_in_the_catalog() -> None:
    many = {f"{place}.txt": b"x" for place in range(MOST_ATTACHMENTS)}
    with pytest.raises(UnreadablePdf, match="too_many_attachments"):
        embedded_xml(make_pdf(make_xml(), others=many, listed="af_only"))


@pytest.mark.parametrize("relationship", ["data", "alternative", "source"])
def test_r8_what_factur_x_puts_into_a_pdf_is_found_whatever_it_says_of_it(relationship: str) -> None:
    content = facturx.generate_from_binary(
        make_pdf(),
        make_xml(),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        check_schematron=False,
        pdf_metadata={"author": "a", "keywords": "k", "title": "t", "subject": "s"},
        afrelationship=relationship,
    )
    assert embedded_xml(content) == make_xml()


def test_of_two_einvoices_the_first_counts_as_for_most_readers() -> None:
    twice = {"factur-x.xml": make_xml(number="R-1")}
    assert embedded_xml(make_pdf(make_xml(number="R-2"), others=twice)) == make_xml(number="R-1")
