"""Files written by Mustang at the time of the test are read as the voucher's own values (R8, R49)."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from common.domain.verdicts import Decision, EInvoice, differences
from common.einvoice.cii import read_einvoice
from common.einvoice.pdf import embedded_xml
from factories.documents import decide_on, euro, make_credit_note, make_invoice
from factories.einvoices import make_pdf
from factories.verdicts import booked
from support.einvoice_judge import broken_rules
from tools.servers.mustang import Wanted, write_invoices
from tools.servers.processes import Unavailable

pytestmark = [pytest.mark.xdist_group("mustang"), pytest.mark.timeout(300)]
NUMBER, NET = "R-2025-0311", "8.39"
ROUNDED = {"rounding": "0.01"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The XML of each kind of document, taken out of the files as ours does it."""
    folder = tmp_path_factory.mktemp("mustang")
    source = folder / "source.pdf"
    source.write_bytes(make_pdf())
    wanted = {
        "invoice": Wanted(folder / "invoice.pdf", "EN16931", "invoice", NUMBER, NET, **ROUNDED),
        "paid": Wanted(folder / "paid.pdf", "EN16931", "invoice", NUMBER, NET, **ROUNDED, prepaid="9.99"),
        "credit_note": Wanted(folder / "credit.pdf", "EN16931", "credit_note", NUMBER, NET, **ROUNDED),
        "correction": Wanted(folder / "storno.pdf", "EN16931", "correction", NUMBER, NET, **ROUNDED),
        "basic": Wanted(folder / "basic.pdf", "BASIC", "invoice", NUMBER, NET, **ROUNDED),
        "xrechnung": Wanted(folder / "xrechnung.pdf", "XRECHNUNG", "invoice", NUMBER, NET, **ROUNDED),
    }
    try:
        write_invoices(source, list(wanted.values()), folder)
    except Unavailable as reason:
        if os.environ.get("REQUIRE_REAL_EINVOICES") == "1":
            raise
        pytest.skip(f"no file of a real generator: {reason}")
    return {name: embedded_xml(Path(one.target).read_bytes()) or b"" for name, one in wanted.items()}


def decision(*, is_correction: bool = False) -> Decision:
    """The decision about a document of 9.99 at 19 %."""
    made = booked(decide_on(make_credit_note() if is_correction else make_invoice()))
    return made.model_copy(
        update={"voucher_number": NUMBER, "gross_total": euro("9.99"), "tax_total": euro("1.60")}
    )


@pytest.mark.parametrize("name", ["invoice", "paid", "basic", "xrechnung"])
def test_r49_an_invoice_of_mustang_agrees_with_the_voucher_to_the_cent(
    written: dict[str, bytes], name: str
) -> None:
    read = read_einvoice(written[name])
    assert (read.grand_total, read.rounding, read.owed) == (euro("9.98"), euro("0.01"), euro("9.99"))
    assert differences(read, decision()) == {}
    assert set(differences(read, decision(is_correction=True))) == {"kind"}


def test_r49_a_credit_note_of_mustang_agrees_with_a_correction_only(written: dict[str, bytes]) -> None:
    read = read_einvoice(written["credit_note"])
    assert differences(read, decision(is_correction=True)) == {}
    assert set(differences(read, decision())) == {"kind"}


def test_r49_a_corrected_invoice_of_mustang_says_nothing_of_its_direction(written: dict[str, bytes]) -> None:
    read: EInvoice = read_einvoice(written["correction"])
    assert read.is_correction is None
    assert differences(read, decision()) == differences(read, decision(is_correction=True)) == {}


def test_what_mustang_owes_is_what_it_says_is_paid_and_due(written: dict[str, bytes]) -> None:
    assert {read_einvoice(written[name]).settled for name in written} == {euro("9.99")}
    assert b">0.00</ram:DuePayableAmount>" in written["paid"]


def test_mustang_writes_a_rounding_that_its_profile_refuses_and_it_is_read_all_the_same(
    written: dict[str, bytes],
) -> None:
    assert broken_rules(written["invoice"]) == []
    with pytest.raises(Exception, match="RoundingAmount"):
        broken_rules(written["basic"])
    rounding = etree.fromstring(written["basic"]).findtext(".//{*}RoundingAmount")
    assert Decimal(rounding or 0) == Decimal("0.01")
