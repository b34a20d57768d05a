"""The status: every document counted, and what asks for attention."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from common.db.models.books import BooksProfileRow, BooksReadingRow
from common.db.models.effects import AlarmRow
from common.db.models.ingest import ShopCursorRow
from common.db.turnover import this_year
from integration.api.harness import Api, Tenant
from integration.api.populated import own_books
from integration.api.rows import NOW


async def test_every_document_is_counted_once_also_without_an_outcome(api: Api) -> None:
    tenant_id = await api.tenant()
    shop = UUID((await api.shop(tenant_id))["id"])
    await api.document(tenant_id, shop, "1", outcome={"status": "booked", "file_status": "attached"})
    await api.document(tenant_id, shop, "2", outcome={"status": "booked", "file_status": "refused"})
    await api.document(tenant_id, shop, "3", outcome={"status": "parked", "reason": "not_euro"})
    await api.document(tenant_id, shop, "4", outcome={"status": "excluded", "reason": "zero_total"})
    await api.document(tenant_id, shop, "5", outcome={"status": "waiting", "reason": "books_unavailable"})
    await api.document(tenant_id, shop, "6")
    await api.document(tenant_id, shop, "7", file_state="missing")
    status = (await api.get("/api/v1/status", tenant_id=tenant_id)).json()
    assert status["counts"] == {"booked": 2, "parked": 1, "excluded": 1, "waiting": 3}
    assert status["reasons"] == {"in_line": 2, "not_euro": 1, "books_unavailable": 1}
    files = {"attached": 1, "pending": 0, "refused": 1, "missing": 0, "not_wanted": 0}
    assert status["file_counts"] == files


async def test_a_document_whose_event_is_refused_shows_as_parked_everywhere(api: Api) -> None:
    tenant_id = await api.tenant()
    shop = UUID((await api.shop(tenant_id))["id"])
    await api.document(tenant_id, shop, "1", undelivered_at=NOW)
    await api.document(tenant_id, shop, "2")
    status = (await api.get("/api/v1/status", tenant_id=tenant_id)).json()
    assert status["counts"] == {"booked": 0, "parked": 1, "excluded": 0, "waiting": 1}
    assert status["reasons"] == {"internal_error": 1, "in_line": 1}
    for number, answer in (
        ("1", await api.get("/api/v1/documents", status="parked")),
        ("1", await api.get("/api/v1/documents", reason="internal_error")),
        ("2", await api.get("/api/v1/documents", status="waiting")),
        ("2", await api.get("/api/v1/documents", reason="in_line")),
    ):
        assert [item["number"] for item in answer.json()["items"]] == [number]
    (group,) = (await api.get("/api/v1/parked", tenant_id=tenant_id)).json()["groups"]
    assert (group["reason"], group["documents"]) == ("internal_error", 1)


async def test_the_age_of_the_oldest_open_document_is_told(api: Api) -> None:
    tenant_id = await api.tenant()
    shop = UUID((await api.shop(tenant_id))["id"])
    assert (await api.get("/api/v1/status")).json()["oldest_open_seconds"] is None
    now = datetime.now(UTC)
    await api.document(tenant_id, shop, "1", seen_at=now - timedelta(days=9), outcome={"status": "booked"})
    await api.document(
        tenant_id, shop, "2", seen_at=now - timedelta(hours=2), outcome={"status": "parked", "reason": "x"}
    )
    await api.document(tenant_id, shop, "3", seen_at=now - timedelta(hours=1))
    status = (await api.get("/api/v1/status")).json()
    ages = [status[f"oldest_{which}_seconds"] for which in ("open", "parked", "waiting")]
    assert ages == pytest.approx([7200, 7200, 3600], abs=60)


async def test_a_document_parked_for_years_does_not_hide_that_waiting_ones_go_on(api: Api) -> None:
    tenant_id = await api.tenant()
    shop = UUID((await api.shop(tenant_id))["id"])
    now = datetime.now(UTC)
    parked = {"status": "parked", "reason": "x"}
    await api.document(tenant_id, shop, "1", seen_at=now - timedelta(days=900), outcome=parked)
    status = (await api.get("/api/v1/status")).json()
    assert (status["oldest_waiting_seconds"], status["oldest_parked_seconds"] > 86_400 * 899) == (None, True)
    await api.document(tenant_id, shop, "2", seen_at=now)
    assert (await api.get("/api/v1/status")).json()["oldest_waiting_seconds"] == pytest.approx(0, abs=60)


async def test_the_status_shows_trouble(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    everything = (await api.get("/api/v1/status")).json()
    own = (await api.get("/api/v1/status", tenant.merchant)).json()
    assert (everything["dead_letters"], everything["alarms"], everything["counts"]["parked"]) == (2, 2, 2)
    assert (own["dead_letters"], own["alarms"], own["counts"]["parked"]) == (1, 1, 1)
    [shop] = [connection for connection in own["connections"] if connection["kind"] == "shop"]
    assert (shop["last_poll_at"], shop["last_error"]) == ("2026-03-02T09:15:00Z", "error of Alpha")
    assert {connection["kind"] for connection in own["connections"]} == {"shop", "books"}


@pytest.mark.parametrize(("failures", "refusals"), [(2, 0), (0, 2)])
async def test_a_shop_whose_polls_fail_or_are_refused_comes_first_with_their_number(
    api: Api, populated: list[Tenant], failures: int, refusals: int
) -> None:
    troubled = populated[1]
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ShopCursorRow)
            .where(ShopCursorRow.connection_id == troubled.shop_id)
            .values(failures=failures, refusals=refusals)
        )
    first, *others = (await api.get("/api/v1/status")).json()["connections"]
    assert (first["id"], first["failures"]) == (str(troubled.shop_id), 2)
    assert {other["failures"] for other in others} == {0}


async def test_r31_the_status_warns_a_small_business_of_its_turnover_and_nobody_else(
    api: Api, populated: list[Tenant]
) -> None:
    tenant_id, year = await small_business(api), await current_year(api)
    shop = UUID((await api.shop(tenant_id))["id"])
    booked = {"issued_on": date(year, 1, 1), "outcome": {"status": "booked"}}
    parked = {
        "issued_on": date(year, 1, 1),
        "outcome": {"status": "parked", "reason": "small_business_taxed"},
    }
    await api.document(tenant_id, shop, "1", gross_minor=25_100_00, **booked)
    await api.document(tenant_id, shop, "2", type="credit_note", gross_minor=-99_99, **booked)
    await api.document(tenant_id, shop, "3", gross_minor=5_00, **parked)
    adviser = await api.token("adviser", tenant_id)
    [warning] = (await api.get("/api/v1/status", adviser)).json()["warnings"]
    assert "25.000 Euro" in warning.pop("cause_de") and "25,000 euros" in warning.pop("cause_en")
    assert warning.pop("remedy_de") and warning.pop("remedy_en")
    assert warning == {
        "tenant_id": str(tenant_id),
        "code": "lower_limit_exceeded",
        "who": "merchant",
        "year": year,
        "limit": "25000.00",
        "net_turnover": "25000.01",
        "documents": 2,
        "open_documents": 1,
        "open_gross": "5.00",
        "other_currency": 0,
    }
    assert (await api.get("/api/v1/status", populated[0].merchant)).json()["warnings"] == []
    everything = (await api.get("/api/v1/status")).json()["warnings"]
    assert [one["tenant_id"] for one in everything] == [str(tenant_id)]


async def small_business(api: Api) -> UUID:
    """A tenant whose books say that it shows no VAT."""
    tenant_id = await api.tenant("Small")
    books = UUID((await own_books(api, tenant_id, "Small"))["id"])
    profile = {"organization_id": "any", "small_business": True}
    row = {"tenant_id": tenant_id, "connection_id": books, "profile": profile, "categories": []}
    await api.add(BooksProfileRow, {**row, "fetched_at": NOW})
    return tenant_id


async def current_year(api: Api) -> int:
    """The year in Germany by the database's clock."""
    async with api.db.reading.of_all_tenants() as session:
        return await this_year(session)


async def test_alarms_are_listed_with_their_evidence(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    closed = {
        "tenant_id": tenant.tenant_id,
        "kind": "old",
        "subject": "s",
        "evidence": {"a": 1},
        "created_at": NOW,
    }
    await api.add(AlarmRow, {**closed, "closed_at": NOW})
    kinds = {}
    for which, params in {"all": {}, "open": {"open": "true"}, "closed": {"open": "false"}}.items():
        items = (await api.get("/api/v1/alarms", tenant.merchant, **params)).json()["items"]
        kinds[which] = sorted(item["kind"] for item in items)
    assert kinds == {"all": ["duplicate", "old"], "open": ["duplicate"], "closed": ["old"]}


async def test_the_audit_log_tells_who_did_what(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    await api.post(f"/api/v1/connections/{tenant.shop_id}/disable", token=tenant.merchant)
    newest = (await api.get("/api/v1/audit", tenant.merchant)).json()["items"][0]
    assert newest["action"] == "connection.disabled"
    assert newest["details"] == {"connection_id": str(tenant.shop_id), "state": "disabled"}
    assert newest["actor"].startswith("token:")


async def test_books_of_which_a_list_cannot_be_read_come_first_with_what_was_said(
    api: Api, populated: list[Tenant]
) -> None:
    troubled = populated[1]
    said = {"failures": 7, "last_error": "http.unreadable_answer: no page", "unfit": {}}
    books = {"tenant_id": troubled.tenant_id, "connection_id": troubled.books_id}
    await api.add(BooksReadingRow, {**books, "list": "vouchers", **said})
    first, *others = (await api.get("/api/v1/status")).json()["connections"]
    assert (first["id"], first["failures"]) == (str(troubled.books_id), 7)
    assert first["last_error"] == "vouchers: http.unreadable_answer: no page"
    assert {other["failures"] for other in others} == {0}
