"""The token bucket per connection and reads that lag behind writes."""

import time

from contract.lexware.office import FOR_EVER, PDF, SCALE, Office, contact, voucher
from support.eventually import eventually

NEVER = 1e-9  # tokens per second


async def burst(office: Office, calls: int, path: str = "/v1/ping") -> list[int]:
    return [(await office.get(path)).status_code for _ in range(calls)]


async def test_more_than_the_bucket_holds_is_refused_by_the_gateway(office: Office) -> None:
    await office.control.settings(rate_limit=True, rate=NEVER)
    assert await burst(office, 4) == [200] * 4
    response = await office.get("/v1/profile")
    assert (response.status_code, response.json()) == (429, {"message": "Rate limit exceeded"})
    assert not [name for name in response.headers if "retry" in name or "ratelimit" in name]
    assert (await office.control.state(only=""))["rate_limited"] == 1


async def test_a_refused_write_is_not_carried_out(office: Office) -> None:
    await office.control.settings(rate_limit=True, rate=NEVER, capacity=1)
    await office.created(voucher())
    assert (await office.post("/v1/vouchers", voucher())).status_code == 429
    assert len(await office.vouchers()) == 1


async def test_the_bucket_refills_with_time(office: Office) -> None:
    await office.control.settings(rate_limit=True, rate=NEVER, capacity=1)
    started = time.monotonic()
    assert await burst(office, 2) == [200, 429]
    await office.control.settings(rate=0.05)

    async def passes() -> bool:
        return await burst(office, 1) == [200]

    await eventually(passes)
    assert time.monotonic() - started >= 20 * SCALE


async def test_every_connection_has_its_own_bucket(office: Office) -> None:
    await office.control.settings(rate_limit=True, rate=NEVER, capacity=1)
    other = office.with_token((await office.control.post("api-keys"))["api_key"])
    assert await burst(office, 2) == [200, 429]
    assert await burst(other, 2) == [200, 429]
    await other.http.aclose()


async def test_the_highest_rate_of_a_connection_is_told(office: Office) -> None:
    await burst(office, 3)
    connection = (await office.control.state(only="connections"))["connections"][0]
    assert connection["requests"] == 3
    assert 1 <= connection["max_per_second"] <= 3


async def test_a_new_voucher_is_not_found_by_id_before_its_lag(office: Office) -> None:
    await office.control.settings(read_lag=FOR_EVER)
    started = time.monotonic()
    path = f"/v1/vouchers/{await office.created(voucher())}"
    assert (await office.get(path)).status_code == 404
    assert len(await office.vouchers()) == 1
    await office.control.settings(read_lag=10)

    async def is_found() -> bool:
        return (await office.get(path)).status_code == 200

    await eventually(is_found)
    assert time.monotonic() - started >= 10 * SCALE


async def test_a_change_shows_the_old_state_before_its_lag(office: Office) -> None:
    voucher_id = await office.created(voucher())
    path = f"/v1/vouchers/{voucher_id}"
    await office.control.settings(read_lag=FOR_EVER)
    assert (await office.upload(voucher_id, PDF)).status_code == 202
    read = await office.read(path)
    assert (read["files"], read["version"]) == ([], 1)
    await office.control.settings(read_lag=10)

    async def shows_the_file() -> bool:
        return len((await office.read(path))["files"]) == 1

    await eventually(shows_the_file)


async def test_the_voucherlist_lags_longer_than_the_voucher(office: Office) -> None:
    await office.control.settings(read_lag=0, search_lag=FOR_EVER)
    voucher_id = await office.created(voucher())
    assert (await office.get(f"/v1/vouchers/{voucher_id}")).status_code == 200
    assert await office.numbers(voucherNumber="S-1001") == []
    assert (await office.read("/v1/vouchers?voucherNumber=S-1001"))["content"] == []
    await office.control.settings(search_lag=10)

    async def is_listed() -> bool:
        return await office.numbers(voucherNumber="S-1001") == ["S-1001"]

    await eventually(is_listed)


async def test_a_deleted_voucher_is_listed_a_while_longer(office: Office) -> None:
    voucher_id = await office.created(voucher())
    await office.control.settings(search_lag=FOR_EVER)
    await office.control.http.delete(f"/_control/vouchers/{voucher_id}")
    assert await office.numbers() == ["S-1001"]
    assert (await office.get(f"/v1/vouchers/{voucher_id}")).status_code == 404
    await office.control.settings(search_lag=10)

    async def is_gone() -> bool:
        return await office.numbers() == []

    await eventually(is_gone)


async def test_a_new_contact_is_usable_after_its_lag_only(office: Office) -> None:
    await office.control.settings(contact_lag=FOR_EVER)
    contact_id = await office.created(contact(), "contacts")
    body = voucher(useCollectiveContact=None, contactId=contact_id)
    assert await office.issues(body) == {("invalid_value", "contactId")}
    await office.control.settings(contact_lag=10)

    async def is_usable() -> bool:
        return (await office.post("/v1/vouchers", body)).status_code == 201

    await eventually(is_usable)


async def test_contact_searches_lag_too(office: Office) -> None:
    await office.control.settings(search_lag=FOR_EVER)
    await office.created(contact(), "contacts")
    assert (await office.read("/v1/contacts?name=moor"))["content"] == []
    await office.control.settings(search_lag=10)

    async def is_listed() -> bool:
        return len((await office.read("/v1/contacts?name=moor"))["content"]) == 1

    await eventually(is_listed)


async def test_a_new_voucher_can_refuse_files_for_a_while(office: Office) -> None:
    await office.control.settings(upload_lag=FOR_EVER)
    voucher_id = await office.created(voucher())
    assert (await office.upload(voucher_id, PDF)).status_code == 404
    await office.control.settings(upload_lag=10)

    async def is_taken() -> bool:
        return (await office.upload(voucher_id, PDF)).status_code == 202

    await eventually(is_taken)
