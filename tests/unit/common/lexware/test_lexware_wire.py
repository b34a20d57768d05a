"""The JSON of Lexware Office, sent and read."""

import json
from datetime import date
from decimal import Decimal

import orjson
import pytest

from common.domain.money import Money
from common.http.errors import OutcomeLost, UnreadableAnswer
from common.lexware.contacts import filter_text
from common.lexware.files import file_name
from common.lexware.rows import parse_page, parse_rows
from common.lexware.voucherlist import searchable
from common.lexware.vouchers import written_id
from common.lexware.wire import (
    Category,
    NewVoucher,
    NewVoucherItem,
    Profile,
    Voucher,
    VoucherListRow,
    money_number,
    parse,
    short_number,
)

GOODS = "8f8664a8-fd86-11e1-a21f-0800200c9a66"


def voucher(**fields: object) -> NewVoucher:
    values: dict[str, object] = {
        "type": "salesinvoice",
        "voucher_number": "SHOP-1",
        "voucher_date": date(2026, 3, 2),
        "total_gross_amount": Decimal("104.70"),
        "total_tax_amount": Decimal("14.7"),
        "use_collective_contact": True,
        "remark": "#0123456789abcdef Bestellung für Ä",
        "voucher_items": (
            NewVoucherItem(
                amount=Decimal(83),
                tax_amount=Decimal("13.3"),
                tax_rate_percent=Decimal("19.00"),
                category_id=GOODS,
            ),
        ),
    }
    return NewVoucher.model_validate({**values, **fields})


def test_money_goes_out_as_numbers_with_two_decimals() -> None:
    body = voucher().to_wire().decode()
    assert '"totalGrossAmount":104.70,' in body
    assert '"totalTaxAmount":14.70,' in body
    assert '"amount":83.00,"taxAmount":13.30,"taxRatePercent":19,' in body


def test_neither_version_nor_status_nor_empty_fields_go_out() -> None:
    sent = json.loads(voucher(shipping_date=date(2026, 3, 3)).to_wire())
    assert sent == {
        "type": "salesinvoice",
        "voucherNumber": "SHOP-1",
        "voucherDate": "2026-03-02",
        "shippingDate": "2026-03-03",
        "totalGrossAmount": 104.7,
        "totalTaxAmount": 14.7,
        "taxType": "gross",
        "useCollectiveContact": True,
        "remark": "#0123456789abcdef Bestellung für Ä",
        "voucherItems": [
            {"amount": 83.0, "taxAmount": 13.3, "taxRatePercent": 19, "categoryId": GOODS},
        ],
    }


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.1", "0.10"), ("90071992547409.93", "90071992547409.93"), ("1E+2", "100.00"), ("-5", "-5.00")],
)
def test_no_amount_loses_or_gains_a_digit(amount: str, text: str) -> None:
    assert orjson.dumps(money_number(Decimal(amount))).decode() == text


def test_fractions_of_a_cent_are_never_rounded_here() -> None:
    with pytest.raises(ValueError, match="fractions"):
        money_number(Decimal("1.005"))


@pytest.mark.parametrize(("rate", "text"), [("19.00", "19"), ("5.50", "5.5"), ("0", "0"), ("1E+1", "10")])
def test_rates_are_as_short_as_they_are(rate: str, text: str) -> None:
    assert orjson.dumps(short_number(Decimal(rate))).decode() == text


@pytest.mark.parametrize("amount", ["119", "119.0", '"119.00"', "1.19e2"])
def test_amounts_are_read_from_every_kind_of_number_as_decimals(amount: str) -> None:
    read = parse(Voucher, f'{{"id": "v", "type": "salesinvoice", "totalGrossAmount": {amount}}}'.encode())
    assert read.total_gross_amount == Decimal(119)


def test_an_amount_keeps_the_digits_it_was_sent_with() -> None:
    read = parse(Voucher, b'{"id": "v", "type": "salesinvoice", "totalGrossAmount": 0.1000000000000000055}')
    assert str(read.total_gross_amount) == "0.1000000000000000055"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e400", "true", '"a"', "[]"])
def test_what_is_no_amount_is_unreadable(amount: str) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(Voucher, f'{{"id": "v", "type": "salesinvoice", "totalGrossAmount": {amount}}}'.encode())


def test_null_means_absent_and_unknown_fields_are_ignored() -> None:
    read = parse(Voucher, b'{"id": "v", "type": "salesinvoice", "files": null, "remark": null, "new": {}}')
    assert read.files == ()
    assert read.remark is None


@pytest.mark.parametrize(
    "moment",
    ["2026-03-02T00:00:00.000+01:00", "2026-03-01T23:00:00.000Z", "2026-03-02", "2026-03-02T00:00:00"],
)
def test_a_voucher_date_is_the_german_calendar_date(moment: str) -> None:
    row = parse(VoucherListRow, f'{{"id": "v", "voucherType": "x", "voucherDate": "{moment}"}}'.encode())
    assert row.voucher_on == date(2026, 3, 2)


def test_a_page_is_read_with_its_totals_as_money() -> None:
    page = parse_page(
        VoucherListRow,
        b'{"content": [{"id": "v", "voucherType": "salesinvoice", "voucherStatus": "new-one",'
        b' "voucherNumber": "1",'
        b' "voucherDate": "2026-03-02T00:00:00.000+01:00", "contactId": null, "totalAmount": 80.04}],'
        b' "first": true, "last": true, "totalElements": 1, "number": 0}',
        250,
    )
    assert page.content[0].total == Money(8004)


@pytest.mark.parametrize(
    "content", [b"", b"null", b"<html>", b'{"id": ', b"[]", b'{"id": "x"', b"\xff", b"[" * 9999]
)
def test_what_is_no_answer_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(Profile, content)


def test_the_content_of_an_unreadable_answer_stays_out_of_the_error() -> None:
    with pytest.raises(UnreadableAnswer) as unreadable:
        parse(Profile, b'{"organizationId": 1, "companyName": "Geheim GmbH"}')
    assert "Geheim" not in str(unreadable.value)


@pytest.mark.parametrize("content", [b'{"id": ""}', b"{}", b'{"id": null}', b"<html>", b""])
def test_a_write_answered_without_an_id_is_unknown(content: bytes) -> None:
    with pytest.raises(OutcomeLost):
        written_id(content, "voucher")


def test_a_bare_array_is_read_and_an_object_in_its_place_is_not() -> None:
    rows = parse_rows(Category, b'[{"id": "c", "type": "income", "contactRequired": true}]')
    assert rows.fit[0].contact_required
    with pytest.raises(UnreadableAnswer):
        parse_rows(Category, b'{"content": []}')


def test_exactly_three_characters_are_encoded_for_filters() -> None:
    assert searchable("R&D <17> \"ä\" 'x'") == "R&amp;D &lt;17&gt; \"ä\" 'x'"
    assert filter_text("a_b%c\\d&") == "a\\_b\\%c\\\\d&amp;"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1001", "invoice-1001.pdf"),
        ("R&D/ä 17", "invoice-R-D-17.pdf"),
        ("../x", "invoice-..-x.pdf"),
        ("", "invoice.pdf"),
    ],
)
def test_a_file_name_has_characters_every_system_takes(number: str, name: str) -> None:
    assert file_name("invoice", number) == name
    assert len(file_name("invoice", "9" * 300)) <= 104
