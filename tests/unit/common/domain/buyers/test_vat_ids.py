"""VAT ids: how they are read, whose they are, and which one is worth a check (R27)."""

import pytest

from common.domain.buyers import VatId, buyers_vat_id, vat_id_to_check
from common.domain.buyers.vat_ids import read_vat_id
from common.domain.documents import Address, OrderSnapshot
from common.domain.money import Money
from factories.documents import make_address, make_invoice, make_line, make_order, make_profile

AUSTRIAN, FRENCH, HOME = "ATU13585627", "FR40303265045", "DE136695976"
VIENNA = make_address(country="AT", zip_code="1010", city="Wien", vat_id=AUSTRIAN)
FREE = (make_line("119.00", "0"),)
GIVEN_AWAY = make_line("10.00", "20", line_id="gift", coupon_share=Money.of("10.00"))


@pytest.mark.parametrize(
    ("text", "value", "state", "well_formed", "foreign"),
    [
        (AUSTRIAN, AUSTRIAN, "AT", True, True),
        (" at u135 856-27 ", AUSTRIAN, "AT", True, True),
        ("ATU13585628", "ATU13585628", "AT", False, True),
        ("GR094259216", "EL094259216", "GR", True, True),
        ("EL 094259216", "EL094259216", "GR", True, True),
        ("XI980780684", "XI980780684", "XI", True, True),
        ("GB980780684", "GB980780684", None, False, True),
        ("CHE123456788", "CHE123456788", None, False, True),
        (HOME, HOME, "DE", True, False),
        ("123456789", "123456789", None, False, False),
        ("U13585627", "U13585627", None, False, False),
        ("ATU1358\u200b5627\x00", AUSTRIAN, "AT", True, True),
        ("AT" + "9" * 300, "AT" + "9" * 18, "AT", False, True),
    ],
)
def test_a_vat_id_is_read_as_it_was_meant_r27(
    text: str, value: str, state: str | None, well_formed: bool, foreign: bool
) -> None:
    vat_id = read_vat_id(text)
    assert vat_id == VatId(value, state, well_formed)
    assert vat_id is not None
    assert vat_id.is_foreign is foreign


@pytest.mark.parametrize(
    "text", [None, "", "  ", "\x00", "---", "العربية", "🧾", "keine", "n/a", "privat", "none", "AT"]
)
def test_a_text_without_any_digit_is_no_vat_id(text: str | None) -> None:
    assert read_vat_id(text) is None


def test_a_foreign_vat_id_of_the_sale_goes_before_one_at_home() -> None:
    document = make_invoice(address=make_address(vat_id=HOME))
    order = make_order(billing_address=make_address(vat_id=None), shipping_address=VIENNA)
    found = buyers_vat_id(document, order)
    assert found is not None
    assert found.value == AUSTRIAN
    at_home = buyers_vat_id(document, make_order(billing_address=make_address(vat_id="DE999")))
    assert at_home is not None
    assert at_home.value == HOME
    assert buyers_vat_id(make_invoice(address=None), make_order(billing_address=None)) is None


@pytest.mark.parametrize(
    ("company", "recipient", "expected"),
    [
        ("Muster GmbH", {"company": "Wien GmbH"}, None),
        ("Muster GmbH", {"company": None, "first_name": "Franz", "last_name": "Huber"}, None),
        (None, {"company": "Wien GmbH"}, None),
        ("Muster GmbH", {"company": "muster  gmbh"}, AUSTRIAN),
        ("Muster GmbH", {"company": None}, AUSTRIAN),
        ("Muster GmbH", {"company": None, "first_name": None, "last_name": None}, AUSTRIAN),
    ],
)
def test_the_vat_id_of_somebody_else_who_receives_the_goods_is_not_the_buyers_r27(
    company: str | None, recipient: dict[str, str | None], expected: str | None
) -> None:
    buyer = make_address(company=company)
    order = make_order(
        billing_address=buyer, shipping_address=VIENNA.model_copy(update={"vat_id": AUSTRIAN, **recipient})
    )
    found = buyers_vat_id(make_invoice(address=buyer), order)
    assert (found and found.value) == expected


@pytest.mark.parametrize(
    ("address", "order", "over", "seller", "expected"),
    [
        (VIENNA, {}, {}, {}, AUSTRIAN),
        (VIENNA, {}, {"lines": (*FREE, make_line("0", "20", line_id="gift"))}, {}, AUSTRIAN),
        (VIENNA, {}, {"lines": (*FREE, GIVEN_AWAY)}, {}, AUSTRIAN),
        (VIENNA, {}, {"lines": (*FREE, GIVEN_AWAY, make_line("0.01", "20"))}, {}, AUSTRIAN),
        (make_address(vat_id=AUSTRIAN), {"shipping_address": VIENNA}, {}, {}, AUSTRIAN),
        (VIENNA, {"shipping_address": make_address()}, {}, {}, AUSTRIAN),
        (VIENNA, {"billing_address": None}, {}, {}, AUSTRIAN),
        (VIENNA, {}, {"lines": (make_line("119.00", "20"),)}, {}, AUSTRIAN),
        (make_address(vat_id=AUSTRIAN), {}, {"lines": (make_line("119.00", "19"),)}, {}, None),
        (VIENNA, {}, {}, {"small_business": True}, None),
        (make_address(vat_id=HOME), {}, {}, {}, None),
        (VIENNA.model_copy(update={"vat_id": FRENCH}), {}, {}, {}, None),
        (VIENNA.model_copy(update={"vat_id": "ATU1"}), {}, {}, {}, None),
        (VIENNA.model_copy(update={"vat_id": None}), {}, {}, {}, None),
        (VIENNA.model_copy(update={"country": "QQ"}), {}, {}, {}, None),
    ],
)
def test_only_an_id_that_can_decide_is_worth_a_check_r27(
    address: Address,
    order: dict[str, object],
    over: dict[str, object],
    seller: dict[str, object],
    expected: str | None,
) -> None:
    document = make_invoice(**({"address": address, "lines": FREE} | over))
    snapshot: OrderSnapshot = make_order(**({"billing_address": address} | order))
    assert vat_id_to_check(document, snapshot, make_profile(**seller)) == expected
