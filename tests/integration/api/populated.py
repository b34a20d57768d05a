"""Tenants with one of everything, so that a test can see what another of them must not."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from api.upstream import BooksIdentity
from common.archive import Archive
from common.db.models.books import TimelineRow
from common.db.models.effects import AlarmRow, AttemptRow
from common.db.models.ingest import DocumentVersionRow, OrderRow, ShopCursorRow
from common.db.models.line import DeadLetterRow
from common.db.models.vat import VatAnswerRow
from integration.api.harness import ORGANIZATION, Api, Tenant
from integration.api.rows import (
    alarm_row,
    attempt_row,
    cursor_row,
    dead_letter_row,
    order_row,
    timeline_row,
    vat_answer_row,
    vat_check_of,
    version_row,
)


async def populate(api: Api, name: str, number: str) -> Tenant:
    """A tenant with connections, tokens, a parked document and its story, a dead letter and an alarm."""
    tenant_id = await api.tenant(name)
    shop = await api.shop(tenant_id, name)
    books = await own_books(api, tenant_id, name)
    shop_id = UUID(shop["id"])
    outcome = {
        "status": "parked",
        "reason": "number_taken_in_books",
        "params": {"secret_of": name},
        "evidence": {"vat_check": vat_check_of(name)},
    }
    identity = await api.document(
        tenant_id, shop_id, number, order_number=f"Order-{name}", outcome=outcome, file=f"%PDF of {name}"
    )
    await keep_originals(api, tenant_id, name)
    await api.add(VatAnswerRow, vat_answer_row(tenant_id, name))
    await tell_story(api, tenant_id, shop_id, identity, number, name)
    dead_letter_id = uuid4()
    await api.add(DeadLetterRow, dead_letter_row(tenant_id, dead_letter_id, name))
    alarm_id = uuid4()
    await api.add(AlarmRow, {**alarm_row(tenant_id, name), "alarm_id": alarm_id})
    made = await api.post(
        "/api/v1/tokens", {"name": f"of {name}", "role": "adviser", "tenant_id": str(tenant_id)}
    )
    return Tenant(
        tenant_id=tenant_id,
        shop_id=shop_id,
        books_id=UUID(books["id"]),
        document_id=identity,
        dead_letter_id=dead_letter_id,
        alarm_id=alarm_id,
        token_id=UUID(made.json()["id"]),
        command_id=await api.command_of(tenant_id),
        merchant=await api.token("merchant", tenant_id),
        adviser=await api.token("adviser", tenant_id),
    )


async def own_books(api: Api, tenant_id: UUID, name: str) -> dict[str, Any]:
    """Books of an organization that no other tenant has; what the far side says then is as before."""
    usual = api.checks.identity
    if name != "Alpha":
        api.checks.identity = BooksIdentity(str(uuid5(NAMESPACE_URL, name)), has_bookkeeping=True)
    books = await api.books(tenant_id)
    api.checks.identity = usual
    return books


async def keep_originals(api: Api, tenant_id: UUID, name: str) -> None:
    """The file of a document and the XML inside it."""
    async with api.db.sessions.of_all_tenants() as session:
        content = f"%PDF of {name}".encode()
        pdf = await Archive().store(session, tenant_id, content, "application/pdf")
        await Archive().keep_beside(session, tenant_id, pdf, f"<xml>of {name}</xml>".encode())


async def tell_story(
    api: Api, tenant_id: UUID, shop_id: UUID, identity: UUID, number: str, name: str
) -> None:
    """History, attempt, versions, order and poll state of a document."""
    await api.add(TimelineRow, timeline_row(tenant_id, identity))
    await api.add(AttemptRow, attempt_row(tenant_id, f"voucher:{ORGANIZATION}:{shop_id}:invoice:{number}"))
    versions = (version_row(tenant_id, identity, digest, name) for digest in ("first", "second"))
    await api.add(DocumentVersionRow, *versions)
    await api.add(OrderRow, order_row(tenant_id, shop_id, number, name))
    await api.add(ShopCursorRow, cursor_row(tenant_id, shop_id, name))
