"""The control API: state, counters, reset, orders that stand for people and the vendor."""

from contract.lexware.office import PDF, Office, contact, voucher


async def test_the_state_holds_everything_of_one_organization(office: Office) -> None:
    voucher_id = await office.created(voucher(remark="marker"))
    file_id = (await office.upload(voucher_id, PDF)).json()["id"]
    await office.created(contact(), "contacts")
    other_id = (await office.control.post("organizations"))["organization_id"]
    state = await office.control.state(organization_id=office.entry["organization_id"])
    [booked] = state["vouchers"]
    assert (booked["remark"], booked["files"]) == ("marker", [file_id])
    assert booked["organizationId"] == office.entry["organization_id"]
    assert [one["id"] for one in state["files"]] == [file_id]
    assert len(state["contacts"]) == 1
    other = await office.control.state(organization_id=other_id)
    assert (other["vouchers"], other["files"], other["contacts"]) == ([], [], [])


async def test_requests_are_counted_by_method_and_template(office: Office) -> None:
    voucher_id = await office.created(voucher())
    for _ in range(2):
        await office.get(f"/v1/vouchers/{voucher_id}")
    await office.upload(voucher_id, PDF)
    assert (await office.control.state())["requests"] == {
        "POST /v1/vouchers": 1,
        "GET /v1/vouchers/{id}": 2,
        "POST /v1/vouchers/{id}/files": 1,
    }


async def test_a_reset_leaves_the_demo_organization_with_its_key(office: Office) -> None:
    await office.created(voucher())
    await office.control.fault("GET", "/v1/ping", "server_error")
    await office.control.settings(read_lag=500)
    await office.control.reset()
    state = await office.control.state()
    assert (state["vouchers"], state["faults"], state["requests"]) == ([], [], {})
    assert state["settings"]["read_lag"] == 0
    assert await office.numbers() == []
    assert (await office.get("/v1/ping")).status_code == 200


async def test_a_reset_fills_the_buckets(office: Office) -> None:
    for expected in ([200, 429], [200, 429]):
        await office.control.reset()
        await office.control.settings(rate_limit=True, rate=0.001, capacity=1)
        assert [(await office.get("/v1/ping")).status_code for _ in range(2)] == expected


async def test_an_unknown_fault_is_refused_with_the_known_ones(office: Office) -> None:
    response = await office.control.http.post("/_control/faults", json={"kind": "earthquake", "path": "*"})
    assert response.status_code == 422
    assert {
        "timeout_after_commit",
        "drop_after_commit",
        "drop_before_commit",
        "late_commit",
        "rate_limited",
        "disguised_429",
        "server_error",
        "slow",
        "unauthorized",
        "contract_problem",
        "forbidden",
        "filter_ignored",
        "truncated_answer",
        "html_answer",
        "no_id",
        "not_found_lag",
    } <= set(response.json()["kinds"])


async def test_unusable_control_requests_are_refused(office: Office) -> None:
    control = office.control.http
    assert (await control.post("/_control/settings", json={"colour": "blue"})).status_code == 422
    assert (await control.post("/_control/settings", json={"rate": "fast"})).status_code == 422
    assert (await control.post("/_control/faults", content=b"{")).status_code == 400
    assert (await control.post("/_control/faults", json={"kind": "slow", "times": 0})).status_code == 422
    assert (await control.post("/_control/vouchers/unknown/pay", json={})).status_code == 404
    assert (await control.post("/_control/revoke", json={"token": "unknown"})).status_code == 404
    assert (await control.get("/_control/reset")).status_code == 405


async def test_faults_can_be_listed_and_cleared(office: Office) -> None:
    await office.control.fault("POST", "/v1/vouchers", "slow", times=None, delay=1)
    listed = (await office.control.http.get("/_control/faults")).json()
    assert listed == [{"method": "POST", "path": "/v1/vouchers", "kind": "slow", "times": None, "delay": 1}]
    await office.control.clear_faults()
    assert (await office.control.http.get("/_control/faults")).json() == []


async def test_a_person_can_book_and_edit_by_hand(office: Office) -> None:
    by_hand = await office.control.post(
        "vouchers", {"voucherNumber": "P-1", "totalGrossAmount": "119.00", "voucherDate": "2026-03-02"}
    )
    read = await office.read(f"/v1/vouchers/{by_hand['id']}")
    assert (read["voucherNumber"], read["totalGrossAmount"], read["version"]) == ("P-1", 119, 1)
    assert await office.numbers(voucherNumber="P-1") == ["P-1"]
    await office.control.post(f"vouchers/{by_hand['id']}", {"remark": "typed over"})
    read = await office.read(f"/v1/vouchers/{by_hand['id']}")
    assert (read["remark"], read["version"]) == ("typed over", 2)


async def test_an_organization_can_come_with_an_oauth_connection(office: Office) -> None:
    order = {"companyName": "Nordlicht", "oauth": True, "scopes": ["profile.read"]}
    made = await office.control.post("organizations", order)
    for bearer in (made["api_key"], made["oauth"]["access_token"]):
        seen = office.with_token(bearer)
        assert (await seen.read("/v1/profile"))["companyName"] == "Nordlicht"
        assert (await seen.get("/v1/voucherlist")).status_code == 403
        await seen.http.aclose()
