"""Remark and contact name: what a bookkeeper reads, fit for the wire."""

import pytest

from common.domain.cleaning import clean, clip, utf16_length
from common.domain.documents import Address, DocumentType
from common.domain.verdicts import CollectiveContact, Decision, contact_name, remark
from factories.documents import (
    decide_on,
    make_address,
    make_credit_note,
    make_invoice,
    make_order,
    make_original,
    make_payment,
)


def remark_of(**order: object) -> str:
    return remark(DocumentType.INVOICE, make_order(**order), None)


def test_the_remark_names_order_payment_and_transaction() -> None:
    assert remark_of() == "Bestellung 2025-1042, Zahlung PayPal, Transaktion 9XX00000AA111111B"
    assert remark_of(payment=None) == "Bestellung 2025-1042"
    nameless = make_payment(name=None, provider="Mollie", transaction_id=None)
    assert remark_of(payment=nameless) == "Bestellung 2025-1042, Zahlung Mollie"


def test_the_remark_stays_short_and_never_cuts_a_transaction_id() -> None:
    payment = make_payment(name="Ü" * 300, transaction_id="T" * 120)
    decision = decide_on(
        make_credit_note(),
        make_order(order_number="O" * 200, payment=payment),
        original=make_original(number="R" * 40),
    )
    assert isinstance(decision, Decision)
    assert utf16_length(decision.remark) <= 200
    assert "R" * 40 in decision.remark
    assert "TTT" not in decision.remark


def test_the_remark_is_clean() -> None:
    payment = make_payment(name="Pay\u202ePal\x00", transaction_id="\ud800T-1\n2")
    text = remark_of(order_number="2025\t1042\x07", payment=payment)
    assert text == "Bestellung 2025 1042, Zahlung PayPal, Transaktion T-1 2"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (make_address(), "Mara Beispiel"),
        (make_address(first_name=None), "Beispiel"),
        (make_address(first_name=None, last_name=None, company="Laden GmbH"), "Laden GmbH"),
        (make_address(first_name="\x00", last_name=None, company="Laden GmbH"), "Laden GmbH"),
        (make_address(first_name=" ", last_name="\ufeff"), None),
        (make_address(first_name="A" * 99, last_name="B"), "A" * 99),
        (Address(), None),
        (None, None),
    ],
)
def test_the_contact_name_is_the_person_else_the_company(address: Address | None, name: str | None) -> None:
    assert contact_name(address) == name


def test_hostile_names_reach_the_decision_clean() -> None:
    address = make_address(first_name="Ma\u202era\ud83d", last_name="Bei\x00spiel\r\nX")
    decision = decide_on(make_invoice(address=address))
    assert isinstance(decision, Decision)
    assert decision.contact == CollectiveContact(name="Mara Beispiel X")
    assert decision.model_dump_json()


def test_cleaning_keeps_letters_and_emoji() -> None:
    assert clean(" Jürgen\u00a0Öz \U0001f600 王 ") == "Jürgen Öz \U0001f600 王"
    assert clean(None) == ""


def test_clipping_counts_utf16_units_and_never_halves_a_character() -> None:
    assert clip("\U0001f600" * 3, 5) == "\U0001f600" * 2
    assert clip("abcdef", 3) == "abc"
    assert clip("ab cdef", 3) == "ab"
