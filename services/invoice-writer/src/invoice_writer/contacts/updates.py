"""Changes contacts: ours to the shop's data unless somebody edited them, any by the tick for no tax."""

from typing import Any

import structlog

from common.db.engine import Database
from common.domain.stored_words import ContactState
from common.errors import ConnectorError, TransientError
from common.http.errors import NotFound
from common.lexware.contact_wire import Contact, fingerprint, has_long_list, is_ticked, merged, with_tick
from common.lexware.errors import Conflict, ContactRejected
from invoice_writer.contacts.effect import ContactNeed, content_digest
from invoice_writer.contacts.rows import KnownContact

log = structlog.get_logger(__name__)

TICK_TRIES = 3


class ContactBusy(TransientError):
    """Somebody changes the contact all the time; a later try may come between."""

    code = "invoice_writer.contact_busy"


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

    async def allow_tax_free(self, need: ContactNeed, known: KnownContact) -> bool:
        """Tick that the contact may be sold to without tax, and leave everything else as the books show it.

        Returns False where that cannot be: the contact is archived or gone, no company, or holds something
        that the books take from a person only.
        """
        for _ in range(TICK_TRIES):
            try:
                current = await need.client.contacts.get_whole(known.contact_id)
            except NotFound:
                return await self._lost(need, known, ContactState.GONE)
            if current.get("archived"):
                return await self._lost(need, known, ContactState.ARCHIVED)
            body = with_tick(current)
            if body is None:
                return False
            try:
                if not is_ticked(current) and not await self._put(need, known, current, body):
                    return False
            except Conflict:
                continue
            await self._keep_ticked(need, known, current, body)
            return True
        raise ContactBusy("changed by somebody else at each try")

    async def _put(
        self, need: ContactNeed, known: KnownContact, current: dict[str, Any], body: dict[str, Any]
    ) -> bool:
        if has_long_list(current):
            return False
        try:
            await need.client.contacts.update(known.contact_id, body)
        except ContactRejected as refusal:
            log.warning("contact.not_ticked", tenant_id=str(need.tenant_id), said=str(refusal))
            return False
        log.info("contact.ticked", tenant_id=str(need.tenant_id))
        return True

    async def _keep_ticked(
        self, need: ContactNeed, known: KnownContact, current: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Keep the contact with our own tick as what we wrote last: it is no edit of a person's."""
        is_ours = known.fingerprint is not None and fingerprint(current) == known.fingerprint
        async with self._db.sessions.of(need.tenant_id) as session:
            rows = need.rows(session)
            await rows.store([_as_shown(current, body)])
            if is_ours:
                await rows.note(known.contact_id, fingerprint=fingerprint(body))

    async def _lost(self, need: ContactNeed, known: KnownContact, state: ContactState) -> bool:
        async with self._db.sessions.of(need.tenant_id) as session:
            await need.rows(session).mark(known.contact_id, state)
        return False

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
        async with self._db.sessions.of(need.tenant_id) as session:
            rows = need.rows(session)
            if "fingerprint" in noted:
                await rows.store([_as_shown(current, body)])
            await rows.note(known.contact_id, **noted)


def _as_shown(current: dict[str, Any], body: dict[str, Any]) -> Contact:
    """The contact as the books show it after the update: with the numbers of its roles."""
    return Contact.model_validate({**body, "roles": current.get("roles") or {}})
