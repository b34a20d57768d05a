"""A voucher that is incomplete, unusable or wrong by a cent is refused with the property at fault."""

from typing import Any

import pytest

from contract.lexware.office import ROUNDING, Office, item, simple, voucher


@pytest.mark.parametrize(
    ("missing", "source"),
    [
        ("type", "type"),
        ("voucherNumber", "voucherNumber"),
        ("voucherDate", "voucherDate"),
        ("totalGrossAmount", "totalGrossAmount"),
        ("totalTaxAmount", "totalTaxAmount"),
        ("taxType", "taxType"),
        ("voucherItems", "voucherItems"),
        ("useCollectiveContact", "contactId"),
    ],
)
async def test_a_missing_mandatory_property_is_refused(office: Office, missing: str, source: str) -> None:
    assert ("missing_entity", source) in await office.issues(voucher(**{missing: None}))
    assert await office.vouchers() == []


@pytest.mark.parametrize(
    ("changes", "issue"),
    [
        ({"type": "invoice"}, ("invalid_value", "type")),
        ({"taxType": "vatfree"}, ("invalid_value", "taxType")),
        ({"voucherNumber": "  "}, ("missing_entity", "voucherNumber")),
        ({"voucherDate": "02.03.2026"}, ("regex_mismatch", "voucherDate")),
        ({"voucherDate": "2026-03-02T00:00:00+01:00"}, ("regex_mismatch", "voucherDate")),
        ({"voucherDate": "2026-02-30"}, ("regex_mismatch", "voucherDate")),
        ({"voucherStatus": "open"}, ("invalid_value", "voucherStatus")),
        ({"totalGrossAmount": 104.705}, ("invalid_value", "totalGrossAmount")),
        ({"totalGrossAmount": -104.70}, ("invalid_value", "totalGrossAmount")),
        ({"totalGrossAmount": 104.71}, ("invalid_total_amount", "totalGrossAmount")),
        ({"totalTaxAmount": 14.71}, ("invalid_taxamount", "totalTaxAmount")),
        (
            {"voucherItems": [item("104.70", "14.70", "19")]},
            ("invalid_taxamount", "voucherItems[0].taxAmount"),
        ),
        ({"version": 7}, ("invalid_value", "version")),
        ({"files": ["0b6f3f6e-0000-4000-8000-00000000a001"]}, ("invalid_value", "files")),
    ],
)
async def test_an_unusable_value_is_refused(
    office: Office, changes: dict[str, Any], issue: tuple[str, str]
) -> None:
    assert issue in await office.issues(voucher(**changes))


@pytest.mark.parametrize(
    ("gross", "tax", "rate", "fits"),
    [
        ("119.00", "19.00", "19", True),
        ("0.03", "0.00", "19", True),
        ("0.04", "0.01", "19", True),
        ("10.00", "1.60", "19", True),
        ("10.00", "1.59", "19", False),
        ("10.00", "1.61", "19", False),
        ("1.07", "0.07", "7", True),
        ("5.25", "0.25", "5", True),
        ("11.60", "1.60", "16", True),
        ("0.00", "0.00", "0", False),
        ("50.00", "0.00", "0", True),
    ],
)
async def test_gross_tax_is_checked_per_column_without_tolerance(
    office: Office, gross: str, tax: str, rate: str, fits: bool
) -> None:
    response = await office.post("/v1/vouchers", simple(gross, tax, rate))
    assert (response.status_code == 201) is fits


async def test_half_a_cent_is_rounded_up(office: Office) -> None:
    up = voucher(
        taxType="net", totalGrossAmount=0.53, totalTaxAmount=0.03, voucherItems=[item("0.50", "0.03", "5")]
    )
    down = voucher(
        taxType="net", totalGrossAmount=0.52, totalTaxAmount=0.02, voucherItems=[item("0.50", "0.02", "5")]
    )
    assert ("invalid_taxamount", "voucherItems[0].taxAmount") in await office.issues(down)
    await office.created(up)


async def test_a_column_split_into_lines_that_round_differently_is_refused(office: Office) -> None:
    lines = [item("0.03", "0.00", "19")] * 3
    body = voucher(totalGrossAmount=0.09, totalTaxAmount=0, voucherItems=lines)
    assert ("invalid_taxamount", "voucherItems[0].taxAmount") in await office.issues(body)


async def test_items_of_one_column_cannot_lend_each_other_a_cent(office: Office) -> None:
    lines = [item("119", "18.99", "19"), item("119", "19.01", "19")]
    body = voucher(totalGrossAmount=238, totalTaxAmount=38, voucherItems=lines)
    assert ("invalid_taxamount", "voucherItems[1].taxAmount") in await office.issues(body)


async def test_net_amounts_with_a_rounding_item_are_accepted(office: Office) -> None:
    items = [item("70.00", "13.30", "19"), item("20.00", "1.40", "7"), item("0.01", "0", "0", ROUNDING)]
    await office.created(voucher(taxType="net", totalGrossAmount=104.71, voucherItems=items))


async def test_nothing_is_booked_into_a_closed_period(office: Office) -> None:
    organization = office.entry["organization_id"]
    await office.control.post(f"organizations/{organization}", {"closedUntil": "2026-03-02"})
    assert await office.issues(voucher()) == {("invalid_value", "voucherDate")}
    await office.created(voucher(voucherDate="2026-03-03"))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"type": NaN}', b"\xff\xfe", b'{"a":"\\ud800"}']
)
async def test_a_body_that_is_no_json_object_is_a_bad_request(office: Office, body: bytes) -> None:
    response = await office.http.post(
        "/v1/vouchers", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["IssueList"][0]["type"] == "bad_request_error"


async def test_another_content_type_is_refused(office: Office) -> None:
    response = await office.http.post("/v1/vouchers", content=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415
