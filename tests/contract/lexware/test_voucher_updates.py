"""What an update of a voucher does, and what can no longer be changed."""

from typing import Any

import httpx
import pytest

from contract.lexware.office import PDF, Office, issues_of, voucher


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


@pytest.mark.parametrize("refused", [True, False])
async def test_an_unchecked_voucher_takes_data_and_is_booked_by_the_status_open(
    office: Office, refused: bool
) -> None:
    await office.control.settings(refuse_voucher_status=refused)
    made = await office.control.post("vouchers", {"voucherNumber": None, "voucherDate": None})
    response = await put(office, made["id"], number="S-7", version=1)
    assert (response.status_code, response.json()["version"]) == (200, 2)
    read = await office.read(f"/v1/vouchers/{made['id']}")
    assert (read["voucherStatus"], read["voucherNumber"]) == ("unchecked", "S-7")
    assert (await put(office, made["id"], version=2, voucherStatus="paid")).status_code == 406
    assert (await put(office, made["id"], version=2, voucherStatus="open")).status_code == 200
    assert (await office.read(f"/v1/vouchers/{made['id']}"))["voucherStatus"] == "open"


async def test_an_unchecked_voucher_without_number_is_not_booked_by_the_status_open(office: Office) -> None:
    made = await office.control.post("vouchers", {"voucherStatus": "unchecked"})
    response = await put(office, made["id"], number=None, version=1, voucherStatus="open")
    assert ("missing_entity", "voucherNumber") in issues_of(response)
