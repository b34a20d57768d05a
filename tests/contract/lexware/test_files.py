"""Files: size, extension, content, de-duplication, version of the voucher, download."""

import pytest

from contract.lexware.office import PDF, Office, issues_of, voucher
from support.eventually import eventually

PNG = b"\x89PNG\r\n\x1a\n picture"
XML = b"<?xml version='1.0'?><rsm:CrossIndustryInvoice xmlns:rsm='x'></rsm:CrossIndustryInvoice>"
MIB5 = 5 * 1024 * 1024


async def test_an_upload_is_accepted_and_raises_the_version(office: Office) -> None:
    voucher_id = await office.created(voucher())
    response = await office.upload(voucher_id, PDF)
    assert response.status_code == 202
    assert set(response.json()) == {"id"}
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert (read["files"], read["version"]) == ([response.json()["id"]], 2)


@pytest.mark.parametrize(
    ("name", "content"), [("a.PDF", PDF), ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.png", PNG), ("a.xml", XML)]
)
async def test_known_formats_are_accepted(office: Office, name: str, content: bytes) -> None:
    voucher_id = await office.created(voucher())
    assert (await office.upload(voucher_id, content, name)).status_code == 202


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.txt", PDF, "inacceptable_file_extension"),
        ("a.gif", PDF, "inacceptable_file_extension"),
        ("noextension", PDF, "inacceptable_file_extension"),
        (".pdf", PDF, "inacceptable_file_extension"),
        ("a.pdf", b"<html>not found</html>", "image_conversion_error"),
        ("a.pdf", b"", "image_conversion_error"),
        ("a.png", PDF, "image_conversion_error"),
        ("a.xml", b"<note/>", "invalid_xrechnung"),
        ("a.pdf", PDF.ljust(MIB5 + 1), "max_file_size_exceeded"),
    ],
)
async def test_other_files_are_refused(office: Office, name: str, content: bytes, key: str) -> None:
    voucher_id = await office.created(voucher())
    assert issues_of(await office.upload(voucher_id, content, name)) == {(key, "file")}
    assert (await office.read(f"/v1/vouchers/{voucher_id}"))["files"] == []


async def test_exactly_five_mebibytes_are_accepted_and_given_back(office: Office) -> None:
    voucher_id = await office.created(voucher())
    content = PDF.ljust(MIB5)
    file_id = (await office.upload(voucher_id, content)).json()["id"]
    download = await office.get(f"/v1/files/{file_id}")
    assert download.content == content
    assert download.headers["content-type"] == "application/pdf"
    assert file_id in download.headers["content-disposition"]


async def test_a_missing_file_part_is_a_server_error_told_as_one_flat_issue(office: Office) -> None:
    voucher_id = await office.created(voucher())
    response = await office.http.post(f"/v1/vouchers/{voucher_id}/files", files={"other": ("a.pdf", PDF)})
    assert response.status_code == 500
    assert (response.json()["type"], response.json()["source"]) == ("technical_error", "file")


async def test_a_body_that_is_no_multipart_form_is_refused(office: Office) -> None:
    voucher_id = await office.created(voucher())
    response = await office.http.post(f"/v1/vouchers/{voucher_id}/files", json={})
    assert response.status_code == 415


async def test_a_multipart_body_without_its_end_is_refused(office: Office) -> None:
    voucher_id = await office.created(voucher())
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = await office.http.post(f"/v1/vouchers/{voucher_id}/files", content=cut, headers=headers)
    assert response.status_code == 400
    assert (await office.read(f"/v1/vouchers/{voucher_id}"))["files"] == []


async def test_a_file_of_an_unknown_voucher_is_not_found(office: Office) -> None:
    assert (await office.upload("0b6f3f6e-0000-4000-8000-00000000a001", PDF)).status_code == 404


async def test_the_same_content_again_gives_the_same_id_and_changes_nothing(office: Office) -> None:
    voucher_id = await office.created(voucher())
    first = (await office.upload(voucher_id, PDF)).json()["id"]
    assert (await office.upload(voucher_id, PDF, "other.pdf")).json()["id"] == first
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert (read["files"], read["version"]) == ([first], 2)


async def test_the_same_content_on_another_voucher_stays_with_the_first(office: Office) -> None:
    one, two = await office.created(voucher()), await office.created(voucher())
    first = (await office.upload(one, PDF)).json()["id"]
    assert (await office.upload(two, PDF)).json()["id"] == first
    assert (await office.read(f"/v1/vouchers/{two}"))["files"] == []
    await office.control.settings(dedupe_files=False)
    assert (await office.upload(two, PDF)).json()["id"] != first
    assert len((await office.read(f"/v1/vouchers/{two}"))["files"]) == 1


async def test_content_is_compared_within_one_organization_only(office: Office) -> None:
    other = office.with_token((await office.control.post("organizations"))["api_key"])
    first = (await office.upload(await office.created(voucher()), PDF)).json()["id"]
    assert (await other.upload(await other.created(voucher()), PDF)).json()["id"] != first
    assert (await other.get(f"/v1/files/{first}")).status_code == 403
    await other.http.aclose()


async def test_a_receipt_becomes_an_unchecked_purchase_voucher(office: Office) -> None:
    response = await office.http.post("/v1/files", files={"file": ("r.pdf", PDF)}, data={"type": "voucher"})
    assert response.status_code == 202
    assert set(response.json()) == {"id", "voucherId"}
    path = f"/v1/vouchers/{response.json()['voucherId']}"
    assert (await office.read(path))["voucherStatus"] == "blank"

    async def is_read() -> bool:
        return bool((await office.read(path))["voucherStatus"] == "unchecked")

    await eventually(is_read)
    assert (await office.get(f"/v1/payments/{response.json()['voucherId']}")).status_code == 406


async def test_a_receipt_without_its_type_is_refused_by_one_flat_issue(office: Office) -> None:
    response = await office.http.post("/v1/files", files={"file": ("r.pdf", PDF)})
    assert (response.status_code, response.json()["source"]) == (400, "type")
    assert "IssueList" not in response.json()


async def test_a_receipt_of_an_unknown_type_is_refused_by_a_bare_string(office: Office) -> None:
    files, data = {"file": ("r.pdf", PDF)}, {"type": "letter"}
    response = await office.http.post("/v1/files", files=files, data=data)
    assert (response.status_code, response.json()) == (400, "Unsupported upload type: letter")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/pdf", 200),
        ("application/json", 200),
        ("application/xml", 404),
        ("image/png", 406),
    ],
)
async def test_a_download_depends_on_what_is_accepted(office: Office, accept: str, status: int) -> None:
    file_id = (await office.upload(await office.created(voucher()), PDF)).json()["id"]
    response = await office.http.get(f"/v1/files/{file_id}", headers={"Accept": accept})
    assert response.status_code == status


async def test_a_download_as_json_can_be_switched_off(office: Office) -> None:
    file_id = (await office.upload(await office.created(voucher()), PDF)).json()["id"]
    await office.control.settings(download_as_json=False)
    response = await office.http.get(f"/v1/files/{file_id}", headers={"Accept": "application/json"})
    assert response.status_code == 406


async def test_the_status_of_an_upload_is_told(office: Office) -> None:
    file_id = (await office.upload(await office.created(voucher()), PDF)).json()["id"]
    assert await office.read(f"/v1/files/{file_id}/status") == {"id": file_id, "status": "upload_success"}
