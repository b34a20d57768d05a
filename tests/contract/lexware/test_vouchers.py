"""Vouchers: what is booked, what is refused and why, what an update does."""

from typing import Any

import httpx
import pytest

from contract.lexware.office import (
    GOODS,
    PDF,
    PERSON,
    ROUNDING,
    Office,
    contact,
    issues_of,
    item,
    simple,
    voucher,
)

INTRA = "9075a4e3-66de-4795-a016-3889feca0d20"
SERVICES_ABROAD = "ef5b1a6e-f690-4004-9a19-91276348894f"
EXPORT = "93d24c20-ea84-424e-a731-5e1b78d1e6a9"
OSS = "4ebd965a-7126-416c-9d8c-a5c9366ee473"
ORIGIN = "7c112b66-0565-479c-bc18-5845e080880a"
SUNDRY_COST = "16d04a28-fd91-11e1-a21f-0800200c9a66"


async def test_a_created_voucher_is_answered_with_an_action_result(office: Office) -> None:
    response = await office.post("/v1/vouchers", voucher())
    result = response.json()
    assert response.status_code == 201
    assert set(result) == {"id", "resourceUri", "createdDate", "updatedDate", "version"}
    assert result["version"] == 1
    assert response.headers["location"] == result["resourceUri"]
    assert result["id"] == result["id"].lower()
    assert response.headers["x-amzn-requestid"]


async def test_a_voucher_reads_back_with_dates_as_midnight_in_berlin(office: Office) -> None:
    voucher_id = await office.created(voucher(shippingDate="2026-07-03"))
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert read["voucherDate"] == "2026-03-02T00:00:00.000+01:00"
    assert read["shippingDate"] == "2026-07-03T00:00:00.000+02:00"
    assert read["dueDate"] == "2026-03-02T00:00:00.000+01:00"
    assert read["voucherStatus"] == "open"
    assert (read["totalGrossAmount"], read["totalTaxAmount"]) == (104.7, 14.7)
    assert read["files"] == []


async def test_a_moment_as_voucher_date_is_taken_as_the_day_in_berlin(office: Office) -> None:
    voucher_id = await office.created(voucher(voucherDate="2026-03-01T23:30:00.000Z"))
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert read["voucherDate"].startswith("2026-03-02T")


async def test_the_same_number_twice_makes_two_vouchers_whatever_header_is_sent(office: Office) -> None:
    headers = {"Idempotency-Key": "one", "X-Idempotency-Key": "one"}
    for _ in range(2):
        response = await office.http.post("/v1/vouchers", json=voucher("TWICE"), headers=headers)
        assert response.status_code == 201
    assert [one["voucherNumber"] for one in await office.vouchers()] == ["TWICE", "TWICE"]


async def test_numeric_strings_unknown_properties_and_unknown_parameters_are_accepted(office: Office) -> None:
    body = voucher(totalGrossAmount="104.70", colour="blue", version=0)
    response = await office.http.post("/v1/vouchers?dryRun=true", json=body)
    assert response.status_code == 201


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


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (simple("119", "19", "19", SUNDRY_COST), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("119", "19", "19", "no-such-id"), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("120", "20", "20"), ("invalid_value", "voucherItems[0].taxRatePercent")),
        (simple("119", "19", "19", ROUNDING), ("invalid_value", "voucherItems[0].taxRatePercent")),
        (simple("100", "0", "0", INTRA), ("missing_entity", "contactId")),
        (simple("119", "19", "19", ORIGIN), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("120", "20", "20", OSS), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("119", "19", "19", type="purchaseinvoice"), ("invalid_value", "voucherItems[0].categoryId")),
        (
            simple("119", "19", "19", SUNDRY_COST, type="purchaseinvoice", shippingDate="2026-03-02"),
            ("invalid_value", "shippingDate"),
        ),
    ],
)
async def test_a_category_is_held_to_its_rules(
    office: Office, body: dict[str, Any], issue: tuple[str, str]
) -> None:
    assert issue in await office.issues(body)


async def test_a_purchase_voucher_takes_cost_categories(office: Office) -> None:
    await office.created(simple("119", "19", "19", SUNDRY_COST, type="purchaseinvoice"))


async def test_a_credit_note_is_positive_and_uses_the_same_categories(office: Office) -> None:
    await office.created(simple("21.40", "1.40", "7", type="salescreditnote"))


async def test_distance_sales_follow_the_principle_of_the_organization(office: Office) -> None:
    organization = await office.control.post("organizations", {"distanceSalesPrinciple": "DESTINATION"})
    oss = office.with_token(organization["api_key"])
    contact_id = await oss.created(contact(), "contacts")
    real = {"useCollectiveContact": None, "contactId": contact_id}
    await oss.created(simple("120", "20", "20", OSS, **real))
    german = [item("119", "19", "19", OSS), item("119", "19", "19", GOODS)]
    mixed = voucher(totalGrossAmount=238, totalTaxAmount=38, voucherItems=german, **real)
    assert ("invalid_value", "voucherItems") in await oss.issues(mixed)
    assert ("invalid_value", "voucherItems[0].categoryId") in await oss.issues(
        simple("119", "19", "19", ORIGIN, **real)
    )
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await oss.issues(
        simple("126", "26", "26", OSS, **real)
    )
    await oss.http.aclose()


async def test_a_small_business_cannot_book_tax(office: Office) -> None:
    organization = await office.control.post("organizations", {"smallBusiness": True})
    small = office.with_token(organization["api_key"])
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await small.issues(
        simple("119", "19", "19")
    )
    await small.created(simple("119", "0", "0", "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"))
    await small.http.aclose()


async def test_a_category_without_split_takes_one_rate_only(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    items = [item("100", "0", "0", EXPORT), item("119", "19", "19", GOODS)]
    body = voucher(
        totalGrossAmount=219,
        totalTaxAmount=19,
        voucherItems=items,
        useCollectiveContact=None,
        contactId=contact_id,
    )
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await office.issues(body)


async def test_services_abroad_need_a_company(office: Office) -> None:
    person_id = await office.created(contact(company=None, person=PERSON), "contacts")
    company_id = await office.created(contact(), "contacts")
    body = simple("100", "0", "0", SERVICES_ABROAD, useCollectiveContact=None)
    key = "individual_person_not_applicable_service_third_party"
    assert (key, "contactId") in await office.issues({**body, "contactId": person_id})
    await office.created({**body, "contactId": company_id})


async def test_intra_community_supply_needs_a_vat_id_and_leave_for_tax_free_invoices(office: Office) -> None:
    plain_id = await office.created(contact(company={"name": "Ohne Nummer"}), "contacts")
    body = simple("100", "0", "0", INTRA, useCollectiveContact=None)
    issues = await office.issues({**body, "contactId": plain_id})
    assert ("missing_entity", "company.vatRegistrationId") in issues
    assert ("invalid_value", "company.allowTaxFreeInvoices") in issues
    await office.created({**body, "contactId": await office.created(contact(), "contacts")})


async def test_a_real_contact_must_be_a_customer_of_this_organization(office: Office) -> None:
    vendor_id = await office.created(contact(roles={"vendor": {}}), "contacts")
    for contact_id in (vendor_id, "0b6f3f6e-0000-4000-8000-00000000a001"):
        body = voucher(useCollectiveContact=None, contactId=contact_id)
        assert await office.issues(body) == {("invalid_value", "contactId")}


async def test_a_name_beside_a_real_contact_is_refused_and_the_contacts_own_is_shown(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    body = voucher(useCollectiveContact=None, contactId=contact_id)
    key = "custom_contact_name_for_referenced_contact_not_allowed"
    assert await office.issues({**body, "contactName": "Wer anders"}) == {(key, "contactName")}
    read = await office.read(f"/v1/vouchers/{await office.created(body)}")
    assert read["contactName"] == "Moorbach & Söhne GmbH"
    assert (read["contactId"], read["useCollectiveContact"]) == (contact_id, False)


async def test_the_collective_contact_wins_over_a_contact_id(office: Office) -> None:
    voucher_id = await office.created(voucher(contactId="no-such-contact", contactName="Anna Beispiel"))
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert "contactId" not in read
    assert read["contactName"] == "Anna Beispiel"


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


async def test_a_status_is_accepted_when_the_switch_allows_it(office: Office) -> None:
    await office.control.settings(refuse_voucher_status=False)
    assert ("invalid_value", "voucherStatus") in await office.issues(voucher(voucherStatus="paid"))
    voucher_id = await office.created(
        {"type": "salesinvoice", "taxType": "gross", "voucherStatus": "unchecked"}
    )
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert read["voucherStatus"] == "unchecked"
    assert "dueDate" not in read
    net = {"type": "salesinvoice", "taxType": "net", "voucherStatus": "unchecked"}
    assert ("invalid_value", "taxType") in await office.issues(net)


async def put(office: Office, voucher_id: str, **changes: Any) -> httpx.Response:
    return await office.http.put(f"/v1/vouchers/{voucher_id}", json=voucher(**changes))


async def test_an_update_replaces_and_raises_the_version(office: Office) -> None:
    voucher_id = await office.created(voucher())
    response = await put(office, voucher_id, number="S-1001b", version=1, remark=None)
    assert (response.status_code, response.json()["version"]) == (200, 2)
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert read["voucherNumber"] == "S-1001b"
    assert "remark" not in read


@pytest.mark.parametrize("status", [409, 406])
async def test_a_stale_version_is_a_conflict(office: Office, status: int) -> None:
    await office.control.settings(voucher_conflict_status=status)
    voucher_id = await office.created(voucher())
    await put(office, voucher_id, version=1)
    response = await put(office, voucher_id, version=1)
    assert response.status_code == status
    assert response.json()["IssueList"][0]["source"] == "version"


async def test_an_update_needs_a_version_no_status_and_the_same_type(office: Office) -> None:
    voucher_id = await office.created(voucher())
    assert ("missing_entity", "version") in issues_of(await put(office, voucher_id))
    refused = issues_of(await put(office, voucher_id, version=1, voucherStatus="open"))
    assert refused == {("invalid_value", "voucherStatus")}
    refused = issues_of(await put(office, voucher_id, version=1, type="salescreditnote"))
    assert ("invalid_value", "type") in refused


async def test_a_file_left_out_of_an_update_is_lost_for_good(office: Office) -> None:
    voucher_id = await office.created(voucher())
    kept = (await office.upload(voucher_id, PDF)).json()["id"]
    lost = (await office.upload(voucher_id, PDF + b"2")).json()["id"]
    response = await put(office, voucher_id, version=3, files=[kept])
    assert response.status_code == 200
    assert (await office.read(f"/v1/vouchers/{voucher_id}"))["files"] == [kept]
    assert (await office.get(f"/v1/files/{lost}")).status_code == 404
    assert (await office.get(f"/v1/files/{kept}")).status_code == 200


async def test_a_file_of_another_voucher_cannot_be_taken_over(office: Office) -> None:
    first, second = await office.created(voucher()), await office.created(voucher())
    file_id = (await office.upload(first, PDF)).json()["id"]
    assert ("invalid_value", "files") in issues_of(await put(office, second, version=1, files=[file_id]))


@pytest.mark.parametrize("lock", ["paid", "partly paid", "locked", "closed period"])
async def test_a_locked_voucher_cannot_be_changed(office: Office, lock: str) -> None:
    voucher_id = await office.created(voucher())
    organization = office.entry["organization_id"]
    match lock:
        case "paid":
            await office.control.post(f"vouchers/{voucher_id}/pay")
        case "partly paid":
            await office.control.post(f"vouchers/{voucher_id}/pay", {"amount": 4.70})
        case "locked":
            await office.control.post(f"vouchers/{voucher_id}", {"locked": True})
        case _:
            await office.control.post(f"organizations/{organization}", {"closedUntil": "2026-03-31"})
    version = (await office.read(f"/v1/vouchers/{voucher_id}"))["version"]
    response = await put(office, voucher_id, version=version)
    assert response.status_code == 400
    assert response.json()["IssueList"][0]["type"] == "bad_request_error"


@pytest.mark.parametrize(("switched", "status"), [(False, 202), (True, 400)])
async def test_a_file_for_a_locked_voucher_is_refused_when_the_switch_says_so(
    office: Office, switched: bool, status: int
) -> None:
    await office.control.settings(refuse_files_when_locked=switched)
    voucher_id = await office.created(voucher())
    await office.control.post(f"vouchers/{voucher_id}/pay")
    assert (await office.upload(voucher_id, PDF)).status_code == status
    if switched:
        assert (await office.read(f"/v1/vouchers/{voucher_id}"))["files"] == []


async def test_nothing_is_booked_into_a_closed_period(office: Office) -> None:
    organization = office.entry["organization_id"]
    await office.control.post(f"organizations/{organization}", {"closedUntil": "2026-03-02"})
    assert await office.issues(voucher()) == {("invalid_value", "voucherDate")}
    await office.created(voucher(voucherDate="2026-03-03"))


async def test_vouchers_cannot_be_deleted_by_api_but_by_a_user(office: Office) -> None:
    voucher_id = await office.created(voucher())
    assert (await office.http.delete(f"/v1/vouchers/{voucher_id}")).status_code == 404
    assert len(await office.vouchers()) == 1
    await office.control.http.delete(f"/_control/vouchers/{voucher_id}")
    assert (await office.get(f"/v1/vouchers/{voucher_id}")).status_code == 404


async def test_the_old_filter_finds_full_vouchers_by_exact_number(office: Office) -> None:
    for number in ("S-1", "S-10", "S-1"):
        await office.created(voucher(number))
    page = await office.read("/v1/vouchers?voucherNumber=S-1")
    assert [one["voucherNumber"] for one in page["content"]] == ["S-1", "S-1"]
    assert page["content"][0]["voucherItems"][0]["categoryId"] == GOODS
    assert "sort" not in page
    assert (await office.get("/v1/vouchers")).status_code == 400


async def test_another_organization_sees_nothing_of_it(office: Office) -> None:
    voucher_id = await office.created(voucher())
    other = office.with_token((await office.control.post("organizations"))["api_key"])
    assert (await other.get(f"/v1/vouchers/{voucher_id}")).status_code == 403
    assert (await other.upload(voucher_id, PDF)).status_code == 403
    assert await other.numbers() == []
    await other.http.aclose()


async def test_key_order_of_answers_is_not_stable(office: Office) -> None:
    voucher_id = await office.created(voucher())
    orders = [tuple(await office.read(f"/v1/vouchers/{voucher_id}")) for _ in range(3)]
    assert len(set(orders)) > 1


async def test_payments_follow_the_voucher(office: Office) -> None:
    voucher_id = await office.created(voucher())
    before = await office.read(f"/v1/payments/{voucher_id}")
    assert (before["openAmount"], before["paymentStatus"]) == ("104.70", "openRevenue")
    assert before["paymentItems"] == []
    await office.control.post(f"vouchers/{voucher_id}/pay", {"amount": "4.70"})
    await office.control.post(f"vouchers/{voucher_id}/pay")
    after = await office.read(f"/v1/payments/{voucher_id}")
    assert (after["paymentStatus"], after["voucherStatus"]) == ("balanced", "paid")
    assert [one["amount"] for one in after["paymentItems"]] == [4.7, 100.0]
    assert "paidDate" in after
