"""The voucherlist: mandatory parameters, filters, encoded search terms, paging, ignored misspellings."""

import pytest

from contract.lexware.office import Office, contact, voucher

BASE = {"voucherType": "any", "voucherStatus": "any"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"voucherType": "any"},
        {"voucherStatus": "any"},
        {**BASE, "voucherType": "dunning"},
        {**BASE, "voucherType": "recurringtemplate"},
        {**BASE, "voucherStatus": "paymentordered"},
        {**BASE, "voucherStatus": "overdue,open"},
        {**BASE, "size": "251"},
        {**BASE, "size": "0"},
        {**BASE, "page": "-1"},
        {**BASE, "page": "40", "size": "250"},
        {**BASE, "sort": "colour,DESC"},
        {**BASE, "voucherDateFrom": "02.03.2026"},
        {**BASE, "archived": "maybe"},
        {**BASE, "contactId": "Sammelkunde"},
        {**BASE, "page": "9" * 5000},
        {**BASE, "size": "9" * 5000},
    ],
)
async def test_an_unusable_query_is_a_regular_bad_request(office: Office, query: dict[str, str]) -> None:
    response = await office.get("/v1/voucherlist", **query)
    body = response.json()
    assert response.status_code == 400
    assert {"timestamp", "status", "error", "path", "traceId", "message"} <= set(body)
    assert (body["status"], body["path"]) == (400, "/v1/voucherlist")


async def test_the_size_refusal_names_the_limit(office: Office) -> None:
    response = await office.get("/v1/voucherlist", **BASE, size="1000")
    assert "250" in response.json()["message"]


async def test_the_number_filter_takes_whole_numbers_in_whatever_case(office: Office) -> None:
    for number in ("S-1", "S-10", "s-1"):
        await office.created(voucher(number))
    assert sorted(await office.numbers(voucherNumber="S-1")) == ["S-1", "s-1"]
    assert await office.numbers(voucherNumber="s-10") == ["S-10"]
    assert await office.numbers(voucherNumber="S") == []


async def test_a_path_with_a_slash_at_its_end_is_served(office: Office) -> None:
    voucher_id = await office.created(voucher("S-1"))
    response = await office.get("/v1/voucherlist/", **BASE)
    assert [row["id"] for row in response.json()["content"]] == [voucher_id]
    assert (await office.get(f"/v1/vouchers/{voucher_id}/")).json()["voucherNumber"] == "S-1"
    assert (await office.get("/v1/nowhere/")).status_code == 404


async def test_search_terms_must_be_html_encoded(office: Office) -> None:
    await office.created(voucher("R&D<17>"))
    assert await office.numbers(voucherNumber="R&D<17>") == []
    assert await office.numbers(voucherNumber="R&amp;D&lt;17&gt;") == ["R&D<17>"]


async def test_a_misspelt_filter_gives_the_unfiltered_list(office: Office) -> None:
    await office.created(voucher("S-1"))
    await office.created(voucher("S-2"))
    assert sorted(await office.numbers(voucherNr="S-1")) == ["S-1", "S-2"]


async def test_types_and_states_are_filtered(office: Office) -> None:
    far = "2099-01-01"
    await office.created(voucher("INVOICE", dueDate=far))
    await office.created(voucher("CREDIT", type="salescreditnote", dueDate=far))
    paid = await office.created(voucher("PAID", dueDate=far))
    await office.control.post(f"vouchers/{paid}/pay")
    assert await office.numbers(voucherType="salescreditnote") == ["CREDIT"]
    assert sorted(await office.numbers(voucherType="salesinvoice,salescreditnote")) == [
        "CREDIT",
        "INVOICE",
        "PAID",
    ]
    assert await office.numbers(voucherStatus="paid") == ["PAID"]
    assert await office.numbers(voucherStatus="draft") == []


async def test_open_includes_overdue_rows_which_say_so(office: Office) -> None:
    await office.created(voucher("LATE", dueDate="2026-03-02"))
    await office.created(voucher("SOON", dueDate="2099-03-02"))
    response = await office.get("/v1/voucherlist", voucherType="any", voucherStatus="open")
    states = {row["voucherNumber"]: row["voucherStatus"] for row in response.json()["content"]}
    assert states == {"LATE": "overdue", "SOON": "open"}
    assert await office.numbers(voucherStatus="overdue") == ["LATE"]


async def test_dates_are_full_german_days_and_the_end_is_inclusive(office: Office) -> None:
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        await office.created(voucher(day, voucherDate=day))
    found = await office.numbers(voucherDateFrom="2026-03-02", voucherDateTo="2026-03-02")
    assert found == ["2026-03-02"]
    assert len(await office.numbers(createdDateFrom="2026-01-01", updatedDateFrom="2026-01-01")) == 3
    assert await office.numbers(updatedDateTo="2020-01-01") == []
    assert await office.numbers(createdDateFrom="2099-01-01") == []


async def test_pages_are_cut_newest_voucher_date_first(office: Office) -> None:
    for day in ("2026-03-01", "2026-03-03", "2026-03-02"):
        await office.created(voucher(day, voucherDate=day))
    response = await office.get("/v1/voucherlist", **BASE, size="2", page="0")
    page = response.json()
    assert [row["voucherNumber"] for row in page["content"]] == ["2026-03-03", "2026-03-02"]
    assert (page["totalElements"], page["totalPages"], page["numberOfElements"]) == (3, 2, 2)
    assert (page["first"], page["last"], page["number"], page["size"]) == (True, False, 0, 2)
    assert page["sort"][0]["property"] == "voucherdate"
    assert await office.numbers(size="2", page="1") == ["2026-03-01"]
    assert (await office.numbers(sort="voucherDate,ASC"))[0] == "2026-03-01"


async def test_rows_name_the_contact(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    await office.created(voucher("REAL", useCollectiveContact=None, contactId=contact_id))
    await office.created(voucher("NAMED", contactName="Anna Beispiel"))
    await office.created(voucher("NONE"))
    response = await office.get("/v1/voucherlist", **BASE)
    rows = {row["voucherNumber"]: row for row in response.json()["content"]}
    assert (rows["REAL"]["contactId"], rows["REAL"]["contactName"]) == (contact_id, "Moorbach & Söhne GmbH")
    assert (rows["NAMED"]["contactId"], rows["NAMED"]["contactName"]) == (None, "Anna Beispiel")
    assert rows["NONE"]["contactName"] == "Sammelkunde"
    assert await office.numbers(contactId=contact_id) == ["REAL"]


async def test_an_edited_number_is_found_under_the_new_one_only(office: Office) -> None:
    voucher_id = await office.created(voucher("OLD"))
    await office.control.post(f"vouchers/{voucher_id}", {"voucherNumber": "NEW", "remark": ""})
    assert await office.numbers(voucherNumber="OLD") == []
    assert await office.numbers(voucherNumber="NEW") == ["NEW"]


@pytest.mark.parametrize(("shown", "row"), [("null", [None]), ("absent", ["absent"]), ("hidden", [])])
@pytest.mark.parametrize("in_filters", [False, True])
async def test_an_unchecked_voucher_may_have_neither_date_nor_number_nor_total(
    office: Office, shown: str, row: list[str | None], in_filters: bool
) -> None:
    await office.control.settings(undated_row=shown, undated_in_date_filters=in_filters)
    nothing = {"voucherDate": None, "voucherNumber": None, "totalGrossAmount": None}
    undated = await office.control.post("vouchers", nothing)
    assert undated["voucherStatus"] == "unchecked"
    listed = (await office.get("/v1/voucherlist", **BASE)).json()["content"]
    assert [one.get("voucherDate", "absent") for one in listed] == row
    dated = (await office.get("/v1/voucherlist", **BASE, voucherDateFrom="2000-01-01")).json()["content"]
    assert len(dated) == (len(row) if in_filters else 0)
    changed = (await office.get("/v1/voucherlist", **BASE, updatedDateFrom="2000-01-01")).json()["content"]
    assert len(changed) == len(row)


async def test_thousands_of_vouchers_of_the_past_are_made_at_once_and_the_window_ends_at_10000(
    office: Office,
) -> None:
    moment = "2026-03-02T12:00:00.000+01:00"
    order = {"voucherNumber": "B-{}", "voucherDate": "2026-03-01", "createdDate": moment}
    await office.control.post("vouchers", {**order, "count": 10_001})
    query = {**BASE, "size": "250", "updatedDateFrom": "2026-03-02", "updatedDateTo": "2026-03-02"}
    page = (await office.get("/v1/voucherlist", **query, page="39")).json()
    assert (page["totalElements"], page["totalPages"], page["last"]) == (10_000, 40, True)
    assert (await office.get("/v1/voucherlist", **query, page="40")).status_code == 400
    assert await office.numbers(updatedDateFrom="2026-03-03") == []
    assert await office.numbers(voucherNumber="B-10000") == ["B-10000"]
