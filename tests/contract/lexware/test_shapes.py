"""The simulator's answers have the shape of the vendor's own samples, key for key and type for type."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contract.lexware.office import PDF, Office, voucher

SAMPLES = os.environ.get("SAMPLES_DIR")

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="SAMPLES_DIR is not set: no vendor samples to compare with"
)


def sample(name: str) -> Any:
    return json.loads((Path(SAMPLES or "") / "lexware" / f"{name}.json").read_text())


def shape(value: Any) -> Any:
    """Return a document with its values replaced by their types; a list is as its first element."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


async def test_a_voucher(office: Office) -> None:
    result = (await office.post("/v1/vouchers", sample("voucher-create-request-and-response"))).json()
    assert shape(result) == shape(sample("voucher-create-request-and-response-2"))
    read, expected = await office.read(f"/v1/vouchers/{result['id']}"), sample("voucher-get")
    assert shape(read) == shape(expected)
    own = {"id", "organizationId", "createdDate", "updatedDate"}
    assert {key: read[key] for key in read if key not in own} == {
        key: expected[key] for key in expected if key not in own
    }


async def test_a_page_of_the_voucherlist(office: Office) -> None:
    order = {"type": "purchaseinvoice", "voucherDate": "2026-03-02", "dueDate": "2099-01-01"}
    await office.control.post("vouchers", order)
    page = await office.read("/v1/voucherlist?voucherType=any&voucherStatus=any")
    assert shape(page) == shape(sample("voucherlist-page"))


async def test_the_profile(office: Office) -> None:
    assert shape(await office.read("/v1/profile")) == shape(sample("profile"))


async def test_the_master_data(office: Office) -> None:
    assert shape(await office.read("/v1/organization")) == shape(sample("organization"))


async def test_the_posting_categories(office: Office) -> None:
    categories = {one["id"]: one for one in (await office.get("/v1/posting-categories")).json()}
    for expected in sample("posting-categories"):
        assert categories[expected["id"]] == expected


async def test_a_contact_with_all_parts(office: Office) -> None:
    expected = sample("contact-with-all-parts")
    contact_id = await office.created({**expected, "version": 0}, "contacts")
    read = await office.read(f"/v1/contacts/{contact_id}")
    assert shape(read) == shape(expected)
    assert read["company"] == expected["company"]


async def test_a_page_of_contacts(office: Office) -> None:
    request = sample("contact-create-request")
    await office.created({key: request[key] for key in request if key != "note"}, "contacts")
    assert shape(await office.read("/v1/contacts")) == shape(sample("contact-filter-page"))


async def test_a_legacy_error(office: Office) -> None:
    expected = sample("legacy-error")
    body = {**sample("contact-create-request"), "company": {}}
    del body["person"]
    response = await office.post("/v1/contacts", body)
    assert response.json()["IssueList"] == expected["IssueList"]


async def test_a_regular_error(office: Office) -> None:
    expected = sample("regular-error")
    del expected["details"]
    assert shape((await office.get("/v1/voucherlist")).json()) == shape(expected)


async def test_the_token_answers(office: Office) -> None:
    grant = await office.control.post("oauth-grants")
    client = (grant["client_id"], grant["client_secret"])
    form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    tokens = (await office.http.post("/oauth2/token", data=form, auth=client)).json()
    expected = sample("oauth-token-response-and-error")
    assert shape(tokens) == shape(expected)
    assert (tokens["scope"], tokens["expires_in"]) == (expected["scope"], expected["expires_in"])
    await office.control.post("oauth-clients", {"client_id": grant["client_id"], "active": False})
    refused = (await office.http.post("/oauth2/token", data=form, auth=client)).json()
    assert refused == sample("oauth-token-response-and-error-2")


async def test_the_upload_answers(office: Office) -> None:
    received = await office.http.post("/v1/files", files={"file": ("a.pdf", PDF)}, data={"type": "voucher"})
    assert shape(received.json()) == shape(sample("file-upload-status"))
    status = await office.read(f"/v1/files/{received.json()['id']}/status")
    assert shape(status) == shape(sample("file-upload-status-2"))


async def test_the_payments_of_a_voucher(office: Office) -> None:
    voucher_id = await office.created(voucher())
    await office.control.post(f"vouchers/{voucher_id}/pay", {"amount": "4.70"})
    assert shape(await office.read(f"/v1/payments/{voucher_id}")) == shape(sample("payment"))
