"""What real generators write: totals with a rounding, direction, odd but legal values (R49)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.documents import DocumentType
from common.domain.verdicts import Decision, EInvoice, differences
from common.einvoice.cii import CREDIT_NOTES, read_einvoice
from factories.documents import decide_on, euro, make_credit_note, make_invoice
from factories.einvoices import FACTUR_X, ZUGFERD_1, make_xml
from factories.verdicts import booked


def decision(
    gross: str, tax: str, rates: tuple[int, ...] = (19,), kind: DocumentType = DocumentType.INVOICE
) -> Decision:
    """The decision about a document of this size."""
    made = booked(decide_on(make_invoice() if kind is DocumentType.INVOICE else make_credit_note()))
    (line,) = made.lines
    lines = tuple(line.model_copy(update={"rate": Decimal(rate)}) for rate in rates)
    values = {"gross_total": euro(gross), "tax_total": euro(tax), "lines": lines}
    return made.model_copy(update=values)


def differing(xml: bytes, made: Decision) -> set[str]:
    """The names of the values that differ, the number aside."""
    return set(differences(read_einvoice(xml), made)) - {"number"}


def test_r49_a_gross_that_is_no_net_times_rate_agrees_by_its_rounding() -> None:
    xml = make_xml("9.98", "1.59", rounding="0.01", due="9.99")
    assert read_einvoice(xml).owed == euro("9.99")
    assert differing(xml, decision("9.99", "1.60")) == set()


def test_r49_the_tax_fitted_to_the_gross_agrees_too() -> None:
    assert differing(make_xml("9.99", "1.60", due="9.99"), decision("9.99", "1.60")) == set()


def test_r49_a_rounding_downwards_counts_as_well() -> None:
    xml = make_xml("10.00", "1.60", rounding="-0.01", due="9.99")
    assert differing(xml, decision("9.99", "1.60")) == set()


def test_r49_the_tax_may_differ_by_a_cent_and_what_is_inside_the_rounding() -> None:
    sixty_lines = {"rounding": "0.14", "due": "59.40"}
    assert differing(make_xml("59.26", "9.46", **sixty_lines), decision("59.40", "9.48")) == set()
    assert differing(make_xml("59.26", "9.45", **sixty_lines), decision("59.40", "9.48")) == set()
    assert differing(make_xml("59.26", "9.44", **sixty_lines), decision("59.40", "9.48")) == {"tax_total"}
    assert differing(make_xml("59.40", "9.46", due="59.40"), decision("59.40", "9.48")) == {"tax_total"}


@pytest.mark.parametrize(
    ("xml", "made"),
    [
        (("0.06", "0.01"), ("0.06", "0.00", (0,))),
        (("0.06", "0.00"), ("0.06", "0.01", (19,))),
        (("129.00", "19.02"), ("129.00", "19.00", (19, 0))),
    ],
    ids=["untaxed voucher", "untaxed e-invoice", "a cent of the rate that has tax"],
)
def test_r49_no_cent_of_tax_is_let_pass_where_there_is_none(
    xml: tuple[str, str], made: tuple[str, str, tuple[int, ...]]
) -> None:
    gross, tax, rates = made
    assert differing(make_xml(*xml), decision(gross, tax, rates)) == {"tax_total"}


def test_r49_three_cents_may_hold_a_tax_only_with_their_rounding() -> None:
    xml = make_xml("0.04", "0.01", rounding="-0.01", due="0.03")
    assert differing(xml, decision("0.03", "0.00")) == set()


def test_r49_a_rounding_hides_no_other_total() -> None:
    xml = make_xml("9.98", "1.59", rounding="0.01", due="9.99")
    assert differing(xml, decision("9.98", "1.59")) == {"grand_total"}


def test_r49_a_paid_order_owes_its_whole_total() -> None:
    xml = make_xml(prepaid="49.90", due="0.00")
    assert differing(xml, decision("49.90", "7.97")) == set()


def test_r49_what_was_paid_and_what_is_due_must_be_what_is_owed() -> None:
    xml = make_xml(prepaid="40.00", due="19.90")
    assert differing(xml, decision("49.90", "7.97")) == {"paid_and_due"}


@pytest.mark.parametrize(
    ("prepaid", "due"), [(None, "19.90"), ("0.00", "0.00"), ("49.90", None), (None, None)]
)
def test_what_is_told_of_the_payment_in_part_says_nothing(prepaid: str | None, due: str | None) -> None:
    assert differing(make_xml(prepaid=prepaid, due=due), decision("49.90", "7.97")) == set()


@pytest.mark.parametrize("layout", [FACTUR_X, ZUGFERD_1])
@pytest.mark.parametrize(
    ("kind", "grand", "is_correction"),
    [
        ("380", "10.00", False),
        ("380", "0.00", False),
        ("380", "-10.00", True),
        ("381", "10.00", True),
        ("381", "-10.00", True),
        ("384", "-10.00", True),
        ("384", "10.00", None),
        ("384", "0.00", None),
        ("457", "10.00", None),
        ("457", "-10.00", True),
        ("502", "10.00", True),
        ("503", "10.00", True),
        ("389", "10.00", False),
        ("", "10.00", False),
    ],
)
def test_r49_code_and_sign_tell_the_direction_only_where_they_are_unambiguous(
    layout: str, kind: str, grand: str, is_correction: bool | None
) -> None:
    read = read_einvoice(make_xml(grand, grand, kind=kind, layout=layout))
    assert (read.is_correction, read.grand_total, read.tax_total) == (
        is_correction,
        euro(grand.lstrip("-")),
        euro(grand.lstrip("-")),
    )


@given(kind=st.sampled_from(sorted(CREDIT_NOTES)), minor=st.integers(-10_000, 10_000))
def test_r49_a_code_of_the_list_is_a_credit_note_whatever_the_sign(kind: str, minor: int) -> None:
    grand = str(Decimal(minor) / 100)
    assert read_einvoice(make_xml(grand, grand, kind=kind)).is_correction is True


@pytest.mark.parametrize("kind", [DocumentType.INVOICE, DocumentType.CREDIT_NOTE])
def test_r49_where_the_xml_says_nothing_the_shop_decides(kind: DocumentType) -> None:
    made = decision("49.90", "7.97", kind=kind)
    assert differing(make_xml(kind="384"), made) == set()
    assert differing(make_xml(kind="457"), made) == set()


def test_r36_a_credit_note_below_zero_agrees_with_the_correction_and_not_with_an_invoice() -> None:
    xml = make_xml("-49.90", "-7.97", kind="381", prepaid="-40.00", due="-9.90")
    assert differing(xml, decision("49.90", "7.97", kind=DocumentType.CREDIT_NOTE)) == set()
    assert differing(xml, decision("49.90", "7.97")) == {"kind"}


def test_r49_below_zero_a_rounding_is_turned_with_the_total() -> None:
    read = read_einvoice(make_xml("-9.98", "-1.59", kind="381", rounding="-0.01", due="-9.99"))
    assert (read.owed, read.is_correction) == (euro("9.99"), True)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("10", 1000),
        ("1.9", 190),
        ("11.900", 1190),
        (".86", 86),
        ("33.", 3300),
        ("+5.00", 500),
        ("<!-- net -->49.<!-- and -->90", 4990),
        ("\n  49.90\n", 4990),
        ("<![CDATA[49.90]]>", 4990),
        ("49<?note x?>.90", 4990),
    ],
)
def test_every_legal_way_to_write_an_amount_is_read(written: str, cents: int) -> None:
    assert read_einvoice(make_xml(written)).grand_total.minor == cents


@pytest.mark.parametrize("written", [".", "+", "-", "", "3.3.", "1 0", "<b>4</b>9.90"])
def test_what_only_looks_like_an_amount_is_unreadable(written: str) -> None:
    with pytest.raises(Exception, match="no_amount"):
        read_einvoice(make_xml(written))


def test_a_comment_inside_number_or_code_is_no_part_of_it() -> None:
    read = read_einvoice(make_xml(number="<!-- No. -->R-<!-- year -->1", kind="38<!-- credit -->1"))
    assert (read.number, read.is_correction) == ("R-1", True)


@pytest.mark.parametrize(
    "xml",
    [
        b"\xef\xbb\xbf" + make_xml(number="R-ü"),
        make_xml(number="R-ü").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        make_xml(number="R-ü").decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        make_xml(number="<![CDATA[R-ü]]>"),
    ],
    ids=["bom", "utf-16", "latin-1", "cdata"],
)
def test_every_usual_encoding_is_read(xml: bytes) -> None:
    assert read_einvoice(xml).number == "R-ü"


def test_of_two_tax_totals_the_one_in_the_currency_of_the_invoice_counts() -> None:
    other = b'<ram:TaxTotalAmount currencyID="CHF">7.50</ram:TaxTotalAmount>'
    xml = make_xml().replace(b"<ram:GrandTotalAmount", other + b"<ram:GrandTotalAmount", 1)
    assert read_einvoice(xml).tax_total == euro("7.97")


def test_evidence_of_older_bookings_is_still_understood() -> None:
    old = {"number": "R-1", "is_correction": False, "grand_total": {"minor": 999, "currency": "EUR"}}
    assert EInvoice.model_validate(old).owed == euro("9.99")
