"""Which contact a voucher goes to, and what is asked of it (R34)."""

from datetime import UTC, datetime

import pytest

from common.domain.buyers import VatCheck, customer_of
from common.domain.documents import Address
from common.domain.merchant import GOODS_CATEGORY, ContactRule, MerchantSettings
from common.domain.reasons import DocumentReason
from common.domain.stored_words import VatResult
from common.domain.verdicts import CollectiveContact, Decision, SingleContact
from factories.documents import (
    CATEGORIES,
    decide_on,
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_original,
    make_original_invoice,
    make_profile,
)
from factories.verdicts import booked, parked

COMPANY = make_address(company="Moorbach & Söhne GmbH")
VIENNA = make_address(country="AT", zip_code="1010", city="Wien")
NAMELESS = Address(country="DE", zip_code="10115")
OSS = make_profile(distance_sales_principle="DESTINATION")


def contact_rule(**rule: object) -> MerchantSettings:
    return MerchantSettings(contacts="rule", contact_rule=ContactRule.model_validate(rule))


@pytest.mark.parametrize(
    ("rule", "address", "order", "is_single"),
    [
        ({}, COMPANY, {"customer_number": "K-1"}, False),
        ({"companies": True}, COMPANY, {}, True),
        ({"companies": True}, make_address(), {}, False),
        ({"companies": True}, make_address(vat_id="DE136695976"), {}, True),
        ({"abroad": True}, VIENNA, {"shipping_address": make_address()}, True),
        ({"abroad": True}, make_address(), {}, False),
        ({"registered": True}, make_address(), {"customer_number": "K-1"}, True),
        ({"registered": True}, make_address(), {"customer_number": " "}, False),
        ({"from_gross": "49.90"}, make_address(), {}, True),
        ({"from_gross": "49.91"}, make_address(), {}, False),
    ],
)
def test_a_rule_picks_who_gets_a_contact_of_his_own(
    rule: dict[str, object], address: Address, order: dict[str, object], is_single: bool
) -> None:
    verdict = decide_on(
        make_invoice(address=address),
        make_order(**({"billing_address": address} | order)),
        settings=contact_rule(**rule),
    )
    contact = booked(verdict).contact
    assert isinstance(contact, SingleContact) is is_single
    assert not isinstance(contact, SingleContact) or (contact.why, contact.tax_free) == ("settings", False)


@pytest.mark.parametrize(
    ("stored", "contacts"),
    [
        ({}, "collective"),
        ({"collective_contact": True}, "collective"),
        ({"collective_contact": False}, "single"),
        ({"collective_contact": True, "contacts": "rule"}, "rule"),
    ],
)
def test_older_settings_keep_their_meaning(stored: dict[str, object], contacts: str) -> None:
    assert MerchantSettings.model_validate(stored).contacts == contacts


def test_a_category_that_needs_a_contact_gets_one_whatever_the_settings_say_r34() -> None:
    goods = CATEGORIES[GOODS_CATEGORY].model_copy(update={"contact_required": True})
    decision = booked(decide_on(make_invoice(), categories={**CATEGORIES, GOODS_CATEGORY: goods}))
    assert isinstance(decision.contact, SingleContact)
    assert decision.contact.why == "category"
    assert decision.contact.customer.last_name == "Beispiel"
    assert decision.evidence["contact_forced_by"] == GOODS_CATEGORY
    assert "contact.single_forced" in decision.rules


def test_a_distance_sale_gets_a_contact_even_if_the_books_do_not_ask_for_one_r25() -> None:
    free = {
        id: category.model_copy(update={"contact_required": False}) for id, category in CATEGORIES.items()
    }
    document = make_invoice(gross_total=euro("120"), lines=(make_line("120", "20"),), address=VIENNA)
    verdict = decide_on(document, make_order(billing_address=VIENNA), profile=OSS, categories=free)
    assert isinstance(booked(verdict).contact, SingleContact)
    assert booked(verdict).evidence["contact_forced_by"] == "distance_sale.oss"


def test_without_any_name_the_collective_contact_takes_what_settings_alone_would_not() -> None:
    order = make_order(billing_address=NAMELESS)
    verdict = decide_on(make_invoice(address=NAMELESS), order, settings=MerchantSettings(contacts="single"))
    assert booked(verdict).contact == CollectiveContact()
    assert "contact.collective_without_name" in booked(verdict).rules


def test_without_any_name_a_forced_contact_parks_r34() -> None:
    address = Address(country="CH", zip_code="8001")
    document = make_invoice(gross_total=euro("100"), lines=(make_line("100", "0"),), address=address)
    assert (
        parked(decide_on(document, make_order(billing_address=address))) is DocumentReason.CUSTOMER_UNUSABLE
    )


def test_the_contact_of_a_company_abroad_carries_its_checked_vat_id_r27() -> None:
    address = make_address(country="GR", zip_code="10431", city="Athen", company="Hellas AE", vat_id=None)
    billing = address.model_copy(update={"vat_id": "gr 094259216"})
    check = VatCheck(
        vat_id="EL094259216", result=VatResult.VALID, checked_at=datetime(2025, 3, 1, tzinfo=UTC)
    )
    document = make_invoice(gross_total=euro("100"), lines=(make_line("100", "0"),), address=address)
    decision = booked(decide_on(document, make_order(billing_address=billing), vat_check=check))
    assert isinstance(decision.contact, SingleContact)
    customer = decision.contact.customer
    assert (customer.kind, customer.company, customer.vat_id) == ("company", "Hellas AE", "EL094259216")
    assert decision.contact.tax_free
    assert decision.evidence["vat_check"] == check.model_dump(mode="json")


def test_single_and_collective_contacts_survive_json() -> None:
    for contacts in ("single", "collective"):
        settings = MerchantSettings.model_validate({"contacts": contacts})
        decision = booked(decide_on(make_invoice(), settings=settings))
        assert Decision.model_validate_json(decision.model_dump_json()) == decision


@pytest.mark.parametrize(
    ("address", "kind", "last_name"),
    [
        (make_address(), "person", "Beispiel"),
        (make_address(last_name=None), "person", "Mara"),
        (COMPANY, "company", "Beispiel"),
        (make_address(company="X" * 300), "company", "Beispiel"),
    ],
)
def test_a_customer_has_a_name_that_fits(address: Address, kind: str, last_name: str) -> None:
    customer = customer_of(address, make_order(), "DE")
    assert customer is not None
    assert (customer.kind, customer.last_name, customer.country) == (kind, last_name, "DE")
    assert len(customer.company or "") <= 100


@pytest.mark.parametrize(
    "address", [None, NAMELESS, make_address(first_name="\x00", last_name=" ", company="")]
)
def test_without_a_name_there_is_no_customer(address: Address | None) -> None:
    assert customer_of(address, make_order(billing_address=None, shipping_address=None), "DE") is None


def test_a_part_of_a_large_invoice_is_corrected_at_the_contact_of_the_invoice() -> None:
    part = make_credit_note(gross_total=euro("5.00"), lines=(make_line("5.00"),))
    small, large = make_original_invoice(gross_total=euro("49.89")), make_original_invoice(number="R-2")
    for invoices, kind in (
        ((small,), CollectiveContact),
        ((large,), SingleContact),
        ((small, large), SingleContact),
    ):
        decision = booked(
            decide_on(part, original=make_original(*invoices), settings=contact_rule(from_gross="49.90"))
        )
        assert isinstance(decision.contact, kind)


def test_another_invoice_of_the_order_makes_nobody_a_large_customer() -> None:
    large = make_original_invoice(number="R-2", gross_total=euro("500"))
    named = make_original_invoice(gross_total=euro("49.90"))
    for document, invoices in ((make_credit_note(), (named, large)), (make_invoice(), (large,))):
        verdict = decide_on(
            document, original=make_original(*invoices), settings=contact_rule(from_gross="49.91")
        )
        assert isinstance(booked(verdict).contact, CollectiveContact)


def test_a_minimum_amount_counts_corrections_by_their_size() -> None:
    lines = (make_line().model_copy(update={"price": -euro("49.90")}),)
    correction = make_credit_note(gross_total=-euro("49.90"), lines=lines)
    decision = booked(decide_on(correction, settings=contact_rule(from_gross="49.90")))
    assert isinstance(decision.contact, SingleContact)
