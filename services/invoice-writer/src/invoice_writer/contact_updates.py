"""Brings a contact of ours up to the shop's data, unless somebody edited it in the books."""

from typing import Any

import structlog

from common.db.engine import Database
from common.errors import ConnectorError
from common.lexware.contact_wire import Contact, fingerprint, has_long_list, merged
from invoice_writer.contact_effect import ContactNeed, content_digest
from invoice_writer.contact_rows import KnownContact

log = structlog.get_logger(__name__)


class ContactUpdates:
    """Asks the books only when a newer document names other data than the last one did."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def follow(self, need: ContactNeed, known: KnownContact) -> None:
        """Update the contact if that is due and allowed; whatever goes wrong here blocks no voucher."""
        wanted = content_digest(need.contact(""))
        is_older = known.as_of is not None and need.as_of < known.as_of
        if known.fingerprint is None or wanted == known.compared or is_older:
            return
        try:
            await self._update(need, known, wanted)
        except ConnectorError as trouble:
            log.warning("contact.not_updated", tenant_id=str(need.tenant_id), error=trouble.code)

    async def _update(self, need: ContactNeed, known: KnownContact, wanted: str) -> None:
        current = await need.client.contacts.get_whole(known.contact_id)
        body = merged(current, need.contact(str(current.get("note") or "")))
        there, after = fingerprint(current), fingerprint(body)
        noted: dict[str, Any] = {"compared": wanted, "as_of": need.as_of}
        if there == after:
            noted["fingerprint"] = after  # an update whose answer was lost, or nothing new
        elif there == known.fingerprint and not has_long_list(current):
            await need.client.contacts.update(known.contact_id, body)
            noted["fingerprint"] = after
            log.info("contact.updated", tenant_id=str(need.tenant_id))
        else:
            log.info("contact.edited_in_books", tenant_id=str(need.tenant_id))
        async with self._db.sessions.begin() as session:
            rows = need.rows(session)
            if "fingerprint" in noted:
                await rows.store([Contact.model_validate(body)])
            await rows.note(known.contact_id, **noted)
