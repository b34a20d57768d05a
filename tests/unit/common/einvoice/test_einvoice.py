"""E-invoices inside PDF files: what is found and read, and that nothing hostile gets further (R8, R49)."""

import tracemalloc
from decimal import Decimal

import pytest

from common.domain.documents import DocumentType
from common.domain.money import Money
from common.domain.verdicts import Decision, EInvoice, differences
from common.einvoice.cii import UnreadableEInvoice, read_einvoice
from common.einvoice.pdf import LARGEST_PDF, LARGEST_XML, EInvoiceTooLarge, UnreadablePdf, embedded_xml
from factories.documents import decide_on, euro, make_credit_note, make_invoice
from factories.einvoices import FACTUR_X, ZUGFERD_1, make_bomb, make_pdf, make_xml
from factories.verdicts import booked

BILLION_LAUGHS = '<!ENTITY e0 "ha">' + "".join(
    f'<!ENTITY {name} "{f"&e{place};" * 10}">'
    for place, name in enumerate([*(f"e{place}" for place in range(1, 9)), "x"])
)
DECLARED = '<?xml version="1.0"?><!DOCTYPE r [{entities}]>'


@pytest.mark.parametrize(
    "name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml", "xrechnung.xml"]
)
def test_r8_the_xml_comes_out_of_the_pdf_bit_for_bit(name: str) -> None:
    assert embedded_xml(make_pdf(make_xml(), name=name)) == make_xml()


@pytest.mark.parametrize(
    "content", [make_pdf(), make_pdf(b"terms", name="agb.txt"), b"", b"<html>", b"PK\x03\x04"]
)
def test_a_file_without_an_einvoice_holds_none(content: bytes) -> None:
    assert embedded_xml(content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4",
        b"%PDF-1.4 test document",
        b"%PDF-1.7\n" + b"\xff" * 5000,
        make_pdf(make_xml())[:-400],
        make_pdf(make_xml()).replace(b"/EmbeddedFiles", b"/EmbeddedFilez")[:900],
        b"%PDF-1.7\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer << /Root 9 0 R /Prev 9 >>\nstartxref\n9\n%%EOF",
    ],
)
def test_a_broken_pdf_is_unreadable_and_nothing_else(content: bytes) -> None:
    with pytest.raises(UnreadablePdf):
        embedded_xml(content)


def test_an_encrypted_pdf_is_unreadable() -> None:
    with pytest.raises(UnreadablePdf):
        embedded_xml(make_pdf(make_xml(), password="secret"))


def test_a_pdf_too_large_for_an_invoice_is_not_opened() -> None:
    with pytest.raises(UnreadablePdf, match="too_large"):
        embedded_xml(b"%PDF-1.7" + b"0" * LARGEST_PDF)


def test_an_einvoice_of_the_largest_size_is_taken_and_a_larger_one_is_told() -> None:
    largest = b"<x>" + b"0" * (LARGEST_XML - 7) + b"</x>"
    assert embedded_xml(make_pdf(largest)) == largest
    with pytest.raises(EInvoiceTooLarge):
        embedded_xml(make_pdf(largest + b" "))


def test_a_stream_that_unpacks_to_far_more_is_cut_off() -> None:
    bomb = make_bomb()
    assert len(bomb) < 500_000
    tracemalloc.start()
    with pytest.raises(EInvoiceTooLarge):
        embedded_xml(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * 1024 * 1024


@pytest.mark.parametrize("layout", [FACTUR_X, ZUGFERD_1])
@pytest.mark.parametrize("kind", ["380", "381"])
def test_number_kind_and_totals_are_read_from_both_generations(layout: str, kind: str) -> None:
    read = read_einvoice(make_xml(layout=layout, kind=kind))
    expected = EInvoice(
        number="R-2025-0311",
        is_correction=kind == "381",
        grand_total=euro("49.90"),
        tax_total=euro("7.97"),
    )
    assert read == expected


@pytest.mark.parametrize(
    ("kind", "grand", "is_correction"),
    [
        ("380", "10.00", False),
        ("380", "-10.00", True),
        ("384", "-10.00", True),
        ("381", "10.00", True),
        ("396", "10.00", True),
        ("81", "10.00", True),
        ("83", "10.00", True),
    ],
)
def test_r36_a_credit_note_and_an_invoice_below_zero_both_take_back(
    kind: str, grand: str, is_correction: bool
) -> None:
    read = read_einvoice(make_xml(grand, grand, kind=kind))
    assert (read.is_correction, read.grand_total, read.tax_total) == (is_correction, euro("10"), euro("10"))


def test_the_tax_is_that_in_the_currency_of_the_invoice() -> None:
    other = b'<ram:TaxTotalAmount currencyID="PLN">34.00</ram:TaxTotalAmount>'
    xml = make_xml().replace(b"<ram:TaxTotalAmount", other + b"<ram:TaxTotalAmount", 1)
    assert read_einvoice(xml).tax_total == euro("7.97")


def test_an_einvoice_may_state_no_tax_at_all() -> None:
    assert read_einvoice(make_xml(tax=None)).tax_total is None


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no xml",
        make_xml()[:300],
        b"<invoice/>",
        b"\xff\xfe\x00",
        make_xml("49.905"),
        make_xml("NaN"),
        make_xml("1e3"),
        make_xml(""),
        make_xml("49,90"),
        make_xml("9" * 40),
        make_xml("٤٩.٩٠"),
        make_xml(tax="abc"),
        make_xml(currency=""),
        make_xml(currency="euro"),
        make_xml().replace(b"GrandTotalAmount", b"GrandTotal"),
        make_xml().replace(b"HeaderMonetarySummation", b"Summation"),
        make_xml().replace(b"ApplicableHeaderTradeSettlement", b"Settlement"),
    ],
)
def test_what_is_no_einvoice_is_unreadable_and_nothing_else(xml: bytes) -> None:
    with pytest.raises(UnreadableEInvoice):
        read_einvoice(xml)


@pytest.mark.parametrize(
    "entities",
    [
        '<!ENTITY x SYSTEM "file:///etc/hostname">',
        '<!ENTITY x SYSTEM "http://127.0.0.1:9/x">',
        '<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;',
        "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9))
        + '<!ENTITY x "&e8;">',
        '<!ENTITY x "harmless">',
    ],
)
def test_entities_are_never_resolved(entities: str) -> None:
    xml = DECLARED.format(entities=entities).encode() + make_xml(number="&x;").split(b"?>", 1)[1]
    with pytest.raises(UnreadableEInvoice) as caught:
        read_einvoice(xml)
    assert "hostname" not in str(caught.value)


def test_elements_nested_without_end_are_unreadable() -> None:
    with pytest.raises(UnreadableEInvoice):
        read_einvoice(b"<a>" * 100_000 + b"</a>" * 100_000)


def decision_of(document_type: DocumentType = DocumentType.INVOICE) -> Decision:
    """The decision about the usual document."""
    document = make_invoice() if document_type is DocumentType.INVOICE else make_credit_note()
    return booked(decide_on(document))


def read(**over: object) -> EInvoice:
    """The e-invoice of the usual invoice."""
    values = {"number": "R-2025-0311", "is_correction": False, "grand_total": euro("49.90")}
    return EInvoice.model_validate({**values, "tax_total": euro("7.97"), **over})


@pytest.mark.parametrize(
    ("over", "differing"),
    [
        ({}, set()),
        ({"tax_total": None}, set()),
        ({"tax_total": euro("7.98")}, set()),  # a cent per rate
        ({"tax_total": euro("7.99")}, {"tax_total"}),
        ({"tax_total": euro("0")}, {"tax_total"}),
        ({"grand_total": euro("49.91")}, {"grand_total"}),
        ({"grand_total": Money.of("49.90", "CHF")}, {"grand_total"}),
        ({"tax_total": Money.of("7.97", "CHF")}, {"tax_total"}),
        ({"number": "R-2025-0312"}, {"number"}),
        ({"number": " R-2025-0311 "}, set()),
        ({"is_correction": True}, {"kind"}),
        (
            {"grand_total": euro("1"), "tax_total": euro("1"), "number": ""},
            {"grand_total", "tax_total", "number"},
        ),
    ],
)
def test_r49_every_value_that_contradicts_the_voucher_is_named(
    over: dict[str, object], differing: set[str]
) -> None:
    assert set(differences(read(**over), decision_of())) == differing


def test_r49_a_difference_shows_what_each_says() -> None:
    found = differences(read(grand_total=euro("59.90")), decision_of())
    assert found == {"grand_total": {"einvoice": "59.90 EUR", "voucher": "49.90 EUR"}}


def test_r49_a_tax_may_differ_by_a_cent_for_each_rate() -> None:
    decision = decision_of()
    (line,) = decision.lines
    two = decision.model_copy(update={"lines": (line, line.model_copy(update={"rate": Decimal(7)}))})
    assert differences(read(tax_total=euro("7.99")), two) == {}
    assert set(differences(read(tax_total=euro("8.00")), two)) == {"tax_total"}
