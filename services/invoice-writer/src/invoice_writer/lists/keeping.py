"""What is kept of the rows of the voucherlist; a row that is not what it was is news."""

from typing import Any

from sqlalchemy import case, func, or_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, prepared
from common.db.models.base import table
from common.db.models.books import VoucherIndexRow
from common.lexware.rows import Page
from common.lexware.wire import VoucherListRow
from invoice_writer.lists.readings import ListRef, note_unfit

INDEX = table(VoucherIndexRow)
PRIMARY = ["connection_id", "voucher_id"]
LONGEST_NUMBER = 200  # no document of ours has a longer one
COMPARED = ("type", "status", "number", "voucher_on", "gross_minor", "contact_id", "updated_at")


async def keep_page(session: AsyncSession, ref: ListRef, page: Page[VoucherListRow]) -> None:
    """Put the page into the index, and tell what of it does not fit."""
    ids = {"tenant_id": ref.tenant_id, "connection_id": ref.connection_id}
    rows = [{**ids, **values_of(row)} for row in page.content]
    if rows:
        await session.execute(_upserting(session), rows)
    await note_unfit(session, ref, [row.id for row in page.content], page.rows.unfit)


def values_of(row: VoucherListRow) -> dict[str, Any]:
    """What the index keeps of a row of the list; no contact is the collective one."""
    return {
        "voucher_id": row.id,
        "type": row.voucher_type,
        "status": row.voucher_status,
        "number": row.voucher_number.strip()[:LONGEST_NUMBER],
        "voucher_on": row.voucher_on,
        "gross_minor": None if row.total is None else row.total.minor,
        "contact_id": row.contact_id,
        "first_contact": row.contact_id or "",
        "updated_at": row.updated_date,
    }


@prepared
def _upserting(session: AsyncSession) -> Any:
    statement = insert(session, INDEX).values(seen_at=db_now(), is_news=True)
    new = statement.excluded
    differs = or_(*(INDEX.c[name].is_distinct_from(new[name]) for name in COMPARED))
    news = {
        **{name: new[name] for name in COMPARED},
        "first_contact": func.coalesce(INDEX.c.first_contact, new.first_contact),
        "is_news": case((or_(INDEX.c.is_news.is_not(None), differs), True), else_=None),
        "seen_at": new.seen_at,
        "missing_since": None,
    }
    return statement.on_conflict_do_update(index_elements=PRIMARY, set_=news)
