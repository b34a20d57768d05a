"""Vouchers: what is booked, how it is read, found and paid, and who sees it."""

from contract.lexware.office import GOODS, PDF, Office, voucher


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


async def test_the_filter_by_number_takes_the_case_as_it_is(office: Office) -> None:
    for number in ("S-1", "s-1"):
        await office.created(voucher(number))
    page = await office.read("/v1/vouchers?voucherNumber=S-1")
    assert [one["voucherNumber"] for one in page["content"]] == ["S-1"]
