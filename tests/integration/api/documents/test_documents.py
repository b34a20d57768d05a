"""Documents: filters, details, files, and what can be asked for them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.db.models.books import ReleasedDocumentRow
from common.db.models.core import AuditRow
from common.events.commands import AttachFile, ResolveDocument, RetryDocument
from integration.api.harness import APP_URL, Api, Tenant

PATH = "/api/v1/documents"
AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
MANY = [
    {
        "number": "B1",
        "outcome": {"status": "booked", "voucher_id": "v-1", "how": "written", "file_status": "attached"},
    },
    {
        "number": "P1",
        "outcome": {"status": "parked", "reason": "distance_sales_unset"},
        "issued_on": date(2026, 2, 1),
    },
    {"number": "P2", "outcome": {"status": "parked", "reason": "not_euro"}, "type": "credit_note"},
    {"number": "E1", "outcome": {"status": "excluded", "reason": "zero_total"}, "order_number": "Order-X"},
    {"number": "W1", "outcome": {"status": "waiting", "reason": "books_unavailable"}},
    {"number": "L1"},
    {"number": "L2", "file_state": "missing"},
]


@pytest.fixture
async def shop(api: Api) -> tuple[UUID, UUID]:
    """Tenant and connection with documents in every state."""
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    for document in MANY:
        await api.document(tenant_id, connection_id, **document)  # type: ignore[arg-type]
    return tenant_id, connection_id


async def test_a_released_document_says_since_when_it_is_in_line_again(
    api: Api, shop: tuple[UUID, UUID]
) -> None:
    tenant_id, connection_id = shop
    outcome = {"status": "parked", "reason": "transfer_paused"}
    identity = await api.document(tenant_id, connection_id, number="AGAIN", outcome=outcome)
    for event_id in (None, uuid4()):
        row = {"document_id": identity, "tenant_id": tenant_id, "status": "parked", "event_id": event_id}
        moments = {"first_seen_at": AT, "released_at": AT}
        await api.add(ReleasedDocumentRow, row | moments | {"is_few": False})
    shown = {item["number"]: item for item in (await api.get(PATH)).json()["items"]}
    assert shown["AGAIN"]["released_at"] == "2026-03-04T12:00:00Z"
    assert {item["released_at"] for number, item in shown.items() if number != "AGAIN"} == {None}
    details = (await api.get(f"{PATH}/{identity}")).json()
    assert (details["status"], details["released_at"]) == ("parked", "2026-03-04T12:00:00Z")


async def numbers(api: Api, **filters: Any) -> set[str]:
    answer = await api.get(PATH, **filters)
    assert answer.status_code == 200, answer.text
    return {item["number"] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"B1", "P1", "P2", "E1", "W1", "L1", "L2"}),
        ({"status": "booked"}, {"B1"}),
        ({"status": "parked"}, {"P1", "P2"}),
        ({"status": "excluded"}, {"E1"}),
        ({"status": "waiting"}, {"W1", "L1", "L2"}),
        ({"reason": "in_line"}, {"L1", "L2"}),
        ({"reason": "not_euro"}, {"P2"}),
        ({"type": "credit_note"}, {"P2"}),
        ({"number": "W1"}, {"W1"}),
        ({"voucher_id": "v-1"}, {"B1"}),
        ({"voucher_id": "v-2"}, set()),
        ({"order_number": "Order-X"}, {"E1"}),
        ({"file_status": "attached"}, {"B1"}),
        ({"file_status": "missing"}, {"L2"}),
        ({"issued_to": "2026-02-01"}, {"P1"}),
        ({"issued_from": "2026-02-02", "status": "parked"}, {"P2"}),
        ({"connection_id": str(uuid4())}, set()),
    ],
)
async def test_filters_choose_documents_also_without_an_outcome(
    api: Api, shop: tuple[UUID, UUID], filters: dict[str, str], expected: set[str]
) -> None:
    assert await numbers(api, **filters) == expected


async def test_r2_a_document_is_found_by_its_voucher_and_the_voucher_by_its_document(
    api: Api, shop: tuple[UUID, UUID]
) -> None:
    [found] = (await api.get(PATH, voucher_id="v-1")).json()["items"]
    details = (await api.get(f"{PATH}/{found['id']}")).json()
    assert (details["number"], details["voucher_id"]) == ("B1", "v-1")


async def test_a_booked_document_shows_amount_voucher_and_link(api: Api, shop: tuple[UUID, UUID]) -> None:
    [item] = (await api.get(PATH, number="B1")).json()["items"]
    assert (
        item.items()
        >= {
            "type": "invoice",
            "order_number": "Order-B1",
            "issued_on": "2026-03-01",
            "gross_total": "67.50",
            "currency": "EUR",
            "status": "booked",
            "reason": None,
            "file_status": "attached",
            "voucher_id": "v-1",
            "voucher_url": f"{APP_URL}/permalink/vouchers/view/v-1",
            "how": "written",
        }.items()
    )


async def test_an_undecided_document_waits_in_line(api: Api, shop: tuple[UUID, UUID]) -> None:
    [item] = (await api.get(PATH, number="L1")).json()["items"]
    assert (item["status"], item["reason"], item["file_status"]) == ("waiting", "in_line", "pending")
    details = (await api.get(f"{PATH}/{item['id']}")).json()
    assert (details["revision"], details["rules"], details["choices"]) == (0, [], [])
    assert details["reason_text"]["code"] == "in_line"


async def test_details_tell_the_whole_story(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    details = (await api.get(f"{PATH}/{tenant.document_id}", tenant.merchant)).json()
    assert details["reason_text"]["who"] == "merchant"
    assert details["reason_text"]["remedy_de"] and details["reason_text"]["remedy_en"]
    assert details["params"] == {"secret_of": "Alpha"}
    assert details["choices"] == ["adopt", "book", "by_hand"]
    assert [entry["what"] for entry in details["timeline"]] == ["seen", "parked"]
    [attempt] = details["attempts"]
    assert (attempt["state"], attempt["number"], attempt["answer"]) == ("refused", 1, {"status": 406})
    assert [version["in_force"] for version in details["versions"]] == [True, False]
    assert details["order"]["customer_number"] == "Customer-Alpha"
    assert details["links"] is None
    assert details["file"]["size"] == len("%PDF of Alpha")


async def test_the_file_comes_bit_for_bit(api: Api, populated: list[Tenant]) -> None:
    answer = await api.get(f"{PATH}/{populated[1].document_id}/file", populated[1].adviser)
    assert answer.content == b"%PDF of Beta"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice-Beta-1.pdf"'


async def test_a_file_the_shop_never_gave_is_a_problem(api: Api, shop: tuple[UUID, UUID]) -> None:
    [item] = (await api.get(PATH, number="L1")).json()["items"]
    answer = await api.get(f"{PATH}/{item['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_stored")


async def test_retry_sends_a_command_about_the_document(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    answer = await api.post(f"{PATH}/{tenant.document_id}/retry", token=tenant.merchant)
    assert answer.status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, RetryDocument)
    assert str(command.command_id) == answer.json()["command_id"]
    assert command.document_id == tenant.document_id
    assert (command.tenant_id, command.order_id) == (tenant.tenant_id, "id-1001")
    assert "document.retried" in [row.action for row in await api.rows(AuditRow)]


@pytest.mark.parametrize("number", ["B1", "E1", "W1", "L1"])
async def test_only_a_parked_document_is_tried_again(api: Api, shop: tuple[UUID, UUID], number: str) -> None:
    [item] = (await api.get(PATH, number=number)).json()["items"]
    before = len(await api.commands())
    answer = await api.post(f"{PATH}/{item['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_parked")
    assert len(await api.commands()) == before


@pytest.mark.parametrize("choice", [{"action": "adopt", "voucher_id": str(uuid4())}, {"action": "book"}])
async def test_a_persons_choice_becomes_a_command(
    api: Api, populated: list[Tenant], choice: dict[str, str]
) -> None:
    tenant = populated[0]
    answer = await api.post(f"{PATH}/{tenant.document_id}/resolve", choice, tenant.merchant)
    assert answer.status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, ResolveDocument)
    assert (command.action, command.voucher_id) == (choice["action"], choice.get("voucher_id"))
    assert command.document_id == tenant.document_id


@pytest.mark.parametrize(
    "choice", [{"action": "adopt"}, {"action": "book", "voucher_id": str(uuid4())}, {"action": "x"}]
)
async def test_a_choice_that_says_half_is_invalid(
    api: Api, populated: list[Tenant], choice: dict[str, str]
) -> None:
    answer = await api.post(f"{PATH}/{populated[0].document_id}/resolve", choice)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_other_reasons_offer_no_choice(api: Api, shop: tuple[UUID, UUID]) -> None:
    [item] = (await api.get(PATH, number="P1")).json()["items"]
    answer = await api.post(f"{PATH}/{item['id']}/resolve", {"action": "book"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_resolvable")


async def test_a_filter_we_do_not_know_is_refused(api: Api) -> None:
    answer = await api.get(PATH, statuss="parked")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "extra_forbidden")
    assert "did you mean `status`?" in answer.json()["errors"][0]["message"]


async def test_a_document_booked_by_hand_is_said_to_be(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    choice = {"action": "by_hand", "comment": "booked by the adviser"}
    answer = await api.post(f"{PATH}/{tenant.document_id}/resolve", choice, tenant.merchant)
    assert answer.status_code == 202
    command = (await api.commands())[-1]
    assert isinstance(command, ResolveDocument)
    assert (command.action, command.comment) == ("by_hand", "booked by the adviser")


async def test_what_was_booked_by_hand_by_mistake_can_be_tried_again(api: Api) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    outcome = {"status": "excluded", "reason": "booked_by_hand"}
    document_id = await api.document(tenant_id, connection_id, "H", outcome=outcome)
    assert (await api.post(f"{PATH}/{document_id}/retry")).status_code == 202


@pytest.mark.parametrize(
    ("outcome", "file", "status"),
    [
        ({"status": "booked", "voucher_id": "v", "file_status": "refused"}, "%PDF", 202),
        ({"status": "booked", "voucher_id": "v", "file_status": "not_wanted"}, "%PDF", 202),
        ({"status": "booked", "voucher_id": "v", "file_status": "attached"}, "%PDF", 409),
        ({"status": "booked", "voucher_id": "v"}, "", 409),
        ({"status": "parked", "reason": "not_euro"}, "%PDF", 409),
    ],
)
async def test_a_file_that_is_not_with_its_voucher_can_be_attached(
    api: Api, outcome: dict[str, str], file: str, status: int
) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    document_id = await api.document(tenant_id, connection_id, "F", outcome=outcome, file=file)
    assert (await api.post(f"{PATH}/{document_id}/file/attach")).status_code == status
    attaching = [command for command in await api.commands() if isinstance(command, AttachFile)]
    assert [command.again for command in attaching] == ([True] if status == 202 else [])


async def test_documents_of_one_day_are_listed_by_number_downwards(api: Api) -> None:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    for number in ("R-103", "R-101", "R-105", "R-102", "R-104"):
        await api.document(tenant_id, connection_id, number)
    listed, cursor = list[str](), None
    while True:
        page = (await api.get(PATH, limit=2, **({"cursor": cursor} if cursor else {}))).json()
        listed += [item["number"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert listed == ["R-105", "R-104", "R-103", "R-102", "R-101"]
