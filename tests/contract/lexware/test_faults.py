"""Every kind of fault: what the client sees, and what the books hold afterwards."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract.lexware.office import FOR_EVER, SCALE, Office, contact, voucher
from support.eventually import eventually

CREATE = ("POST", "/v1/vouchers")


async def booked(office: Office) -> int:
    return len(await office.vouchers())


async def test_a_timeout_after_the_commit_leaves_a_voucher(office: Office) -> None:
    await office.control.fault(*CREATE, "timeout_after_commit")
    response = await office.post("/v1/vouchers", voucher())
    assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})
    assert await booked(office) == 1
    await office.created(voucher())
    assert await booked(office) == 2


@pytest.mark.parametrize(("kind", "left"), [("drop_after_commit", 1), ("drop_before_commit", 0)])
async def test_a_dropped_connection_has_no_answer(office: Office, kind: str, left: int) -> None:
    await office.control.fault(*CREATE, kind)
    with pytest.raises(httpx.RemoteProtocolError):
        await office.post("/v1/vouchers", voucher())
    assert await booked(office) == left


@pytest.mark.parametrize("answer", ["timeout", "drop"])
async def test_a_late_commit_comes_after_the_client_was_sent_away(office: Office, answer: str) -> None:
    async def sent_away(delay: float) -> None:
        await office.control.fault(*CREATE, "late_commit", delay=delay, answer=answer)
        if answer == "drop":
            with pytest.raises(httpx.RemoteProtocolError):
                await office.post("/v1/vouchers", voucher())
        else:
            assert (await office.post("/v1/vouchers", voucher())).status_code == 504

    async def is_booked() -> bool:
        return await booked(office) == 1

    await sent_away(delay=FOR_EVER)
    assert await booked(office) == 0
    started = time.monotonic()
    await sent_away(delay=10)
    await eventually(is_booked)
    assert time.monotonic() - started >= 10 * SCALE


@pytest.mark.parametrize(
    ("kind", "params", "status", "left"),
    [
        ("rate_limited", {}, 429, 0),
        ("disguised_429", {}, 500, 0),
        ("disguised_429", {"committed": True}, 500, 1),
        ("server_error", {}, 503, 0),
        ("server_error", {"status": 500, "committed": True}, 500, 1),
        ("unauthorized", {}, 401, 0),
        ("contract_problem", {}, 402, 0),
        ("forbidden", {}, 403, 0),
        ("not_found_lag", {}, 404, 0),
    ],
)
async def test_a_refusing_fault_has_its_status_and_effect(
    office: Office, kind: str, params: dict[str, Any], status: int, left: int
) -> None:
    await office.control.fault(*CREATE, kind, **params)
    assert (await office.post("/v1/vouchers", voucher())).status_code == status
    assert await booked(office) == left


@pytest.mark.parametrize(
    ("body", "content"), [("null", b"null"), ("empty", b""), ("html", b"<!DOCTYPE html>")]
)
async def test_an_outage_answers_no_usable_json(office: Office, body: str, content: bytes) -> None:
    await office.control.fault("GET", "/v1/profile", "server_error", body=body)
    response = await office.get("/v1/profile")
    assert response.status_code == 503
    assert response.content.startswith(content)


async def test_a_disguised_rate_limit_says_both(office: Office) -> None:
    await office.control.fault(*CREATE, "disguised_429")
    response = await office.post("/v1/vouchers", voucher())
    assert response.json() == {"message": "Internal server error or rate limit exceeded"}


@pytest.mark.parametrize("committed", [True, False])
async def test_a_slow_answer_comes_late_and_its_work_before_or_after_the_wait(
    office: Office, committed: bool
) -> None:
    await office.control.fault(*CREATE, "slow", delay=25, committed=committed)
    asked = datetime.now(UTC)
    assert (await office.post("/v1/vouchers", voucher())).status_code == 201
    answered, (made,) = datetime.now(UTC), await office.vouchers()
    worked = datetime.fromisoformat(made["createdDate"])
    wait = answered - worked if committed else worked - asked
    assert wait >= timedelta(seconds=25 * SCALE - 0.001)  # the stamp is cut to milliseconds


async def test_an_ignored_filter_returns_everything(office: Office) -> None:
    for number in ("S-1", "S-2"):
        await office.created(voucher(number))
    await office.control.fault("GET", "/v1/voucherlist", "filter_ignored")
    assert sorted(await office.numbers(voucherNumber="S-1")) == ["S-1", "S-2"]
    assert await office.numbers(voucherNumber="S-1") == ["S-1"]


async def test_a_truncated_answer_is_the_beginning_of_json(office: Office) -> None:
    await office.control.fault(*CREATE, "truncated_answer")
    response = await office.post("/v1/vouchers", voucher())
    assert response.status_code == 201
    assert response.text.startswith("{")
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert await booked(office) == 1


@pytest.mark.parametrize(("committed", "left"), [(False, 0), (True, 1)])
async def test_an_html_answer_looks_like_a_success(office: Office, committed: bool, left: int) -> None:
    await office.control.fault(*CREATE, "html_answer", committed=committed)
    response = await office.post("/v1/vouchers", voucher())
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html;charset=utf-8")
    assert await booked(office) == left


@pytest.mark.parametrize(("committed", "left"), [(False, 0), (True, 1)])
@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("html", b"<html>"),
        ("json", b'{"success"'),
        ("message", b'{"message"'),
        ("text", b"Access"),
        ("empty", b""),
    ],
)
async def test_somebody_in_between_can_refuse_before_or_after_the_commit(
    office: Office, body: str, content: bytes, committed: bool, left: int
) -> None:
    await office.control.fault(*CREATE, "foreign_refusal", status=451, body=body, committed=committed)
    response = await office.post("/v1/vouchers", voucher())
    assert response.status_code == 451
    assert response.content.startswith(content)
    assert await booked(office) == left


async def test_a_success_can_come_without_id(office: Office) -> None:
    await office.control.fault(*CREATE, "no_id")
    response = await office.post("/v1/vouchers", voucher())
    assert response.status_code == 201
    assert {"id", "resourceUri"} & set(response.json()) == set()
    assert "location" not in response.headers
    assert await booked(office) == 1


async def test_contact_numbers_can_collide(office: Office) -> None:
    await office.control.fault("POST", "/v1/contacts", "account_number_race")
    issues = await office.issues(contact(), "contacts")
    assert issues == {("account_number_already_exists", "roles.customer.number")}


async def test_a_fault_can_be_meant_for_one_number(office: Office) -> None:
    await office.control.fault(*CREATE, "timeout_after_commit", match='"S-2"')
    assert (await office.post("/v1/vouchers", voucher("S-1"))).status_code == 201
    assert (await office.post("/v1/vouchers", voucher("S-2"))).status_code == 504


@pytest.mark.parametrize("path", ["/v1/vouchers/{id}", "/v1/vouchers/*", "/v1/*"])
async def test_a_fault_is_addressed_by_template_or_prefix(office: Office, path: str) -> None:
    voucher_id = await office.created(voucher())
    await office.control.fault("GET", path, "not_found_lag", times=2)
    statuses = [(await office.get(f"/v1/vouchers/{voucher_id}")).status_code for _ in range(3)]
    assert statuses == [404, 404, 200]


async def test_a_fault_waits_for_a_request_that_gets_through(office: Office) -> None:
    await office.control.fault(*CREATE, "timeout_after_commit")
    await office.control.settings(rate_limit=True, capacity=0)
    assert (await office.post("/v1/vouchers", voucher())).status_code == 429
    await office.control.settings(rate_limit=False)
    assert (await office.post("/v1/vouchers", voucher())).status_code == 504


async def test_the_authorization_server_can_fail_too(office: Office) -> None:
    await office.control.fault("POST", "/oauth2/token", "drop_after_commit")
    grant = await office.control.post("oauth-grants")
    client = (grant["client_id"], grant["client_secret"])
    form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    with pytest.raises(httpx.RemoteProtocolError):
        await office.http.post("/oauth2/token", data=form, auth=client)
    lost = await office.http.post("/oauth2/token", data=form, auth=client)
    assert lost.json() == {"error": "invalid_grant"}


async def half_request(
    office: Office, body: bytes, missing: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = httpx.URL(office.entry["base_url"])
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST /v1/vouchers HTTP/1.1\r\nHost: books\r\nAuthorization: Bearer {office.entry['api_key']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body[: len(body) - missing])
    await writer.drain()
    return reader, writer


async def test_a_half_sent_body_is_closed_and_never_booked(office: Office) -> None:
    await office.control.settings(body_timeout=5)
    started = time.monotonic()
    reader, writer = await half_request(office, json.dumps(voucher()).encode(), missing=1)
    try:
        answer = await reader.read()
    except ConnectionResetError:
        answer = b""
    assert answer == b""
    assert time.monotonic() - started >= 4.5 * SCALE  # timers may be early by their resolution
    writer.close()
    await eventually(lambda: is_left_incomplete(office))
    assert await booked(office) == 0


async def is_left_incomplete(office: Office) -> bool:
    return bool((await office.control.state(only=""))["incomplete"] == 1)


async def test_a_body_completed_in_time_is_booked(office: Office) -> None:
    body = json.dumps(voucher()).encode()
    reader, writer = await half_request(office, body, missing=1)
    assert await booked(office) == 0
    writer.write(body[-1:])
    assert b"201" in await reader.readline()
    writer.close()
    assert await booked(office) == 1


async def test_a_client_that_leaves_in_the_middle_books_nothing(office: Office) -> None:
    _, writer = await half_request(office, json.dumps(voucher()).encode(), missing=1)
    writer.close()
    await eventually(lambda: is_left_incomplete(office))
    assert await booked(office) == 0


async def test_a_client_that_leaves_after_its_last_byte_has_booked(office: Office) -> None:
    _, writer = await half_request(office, json.dumps(voucher()).encode(), missing=0)
    writer.close()

    async def is_booked() -> bool:
        return await booked(office) == 1

    await eventually(is_booked)


async def test_one_field_of_a_true_answer_can_be_spoilt(office: Office) -> None:
    await office.created(voucher("S-1"))
    query = {"voucherType": "any", "voucherStatus": "any"}
    spoilt = ("GET", "/v1/voucherlist", "spoilt_field")
    await office.control.fault(*spoilt, field="content.0.voucherNumber", value=None)
    await office.control.fault(*spoilt, field="content.0.voucherNumber")
    answers = [(await office.get("/v1/voucherlist", **query)).json()["content"][0] for _ in range(3)]
    assert [row.get("voucherNumber", "absent") for row in answers] == [None, "absent", "S-1"]
