"""Finds the contact of a customer in the books, or makes it: one for each customer, whoever asks and when."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import structlog

from common.db.engine import Database
from common.domain.buyers import customer_keys
from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow, ContactState
from common.effects.effect import Bound, EffectResult, Parked, Refused
from common.effects.runner import EffectRunner
from common.errors import RefusedError, UnknownOutcomeError
from common.http.errors import NotFound
from common.later import Later
from common.lexware.contact_wire import Contact
from common.lexware.errors import AccessDenied, ContactRejected, RequestRejected
from invoice_writer.contacts.best import best_of, is_unread
from invoice_writer.contacts.effect import ContactEffect, ContactNeed
from invoice_writer.contacts.index import ContactIndex
from invoice_writer.contacts.refused import refused_parts
from invoice_writer.contacts.rows import KnownContact
from invoice_writer.contacts.updates import ContactUpdates
from invoice_writer.lists import Readings
from invoice_writer.settings import ContactSettings

log = structlog.get_logger(__name__)

NUMBER_RACE = "account_number_already_exists"  # the server's own, while it assigns the customer number
NUMBER_RACE_OVER = timedelta(seconds=3)
SETTLING, READING, OTHERS = "contact_settling", "contacts_being_read", "contact_being_made"
MOST_READ = 5  # contacts with equal weak keys that are looked at one by one
READING_PAUSES = 5  # a first reading takes up to half a minute
SEARCHES_KEPT, SEARCH_HOLDS_SECONDS = 10_000, 60.0


class Contacts:
    """A known customer costs no request, a new one the creation; beyond the index also one search."""

    def __init__(
        self,
        db: Database,
        runner: EffectRunner,
        settings: ContactSettings,
        readings: Readings,
        *,
        first_look: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._runner, self._settings, self._clock = db, runner, settings, clock
        self._index = ContactIndex(db, readings, timedelta(seconds=settings.refill_seconds))
        self._updates, self._locks = ContactUpdates(db), KeyedLocks()
        self._searched: dict[str, float] = {}
        self._first_look = first_look

    async def ensure(self, need: ContactNeed) -> EffectResult:
        """Find or create a customer's contact. Costs no request when indexed, one when new.

        Returns it ready for a voucher, when to ask again, or why there is none.
        What is pending here may be asked for again as often as one likes: only due steps cost requests.
        """
        try:
            is_complete = await self._index.ensure_filled(need.tenant_id, need.connection_id, need.client)
        except RefusedError as refusal:
            return Refused(refusal)
        if is_complete is None:
            return Later(READING_PAUSES * self._short, READING)
        return await self._ensure(need, is_complete)

    async def _ensure(
        self, need: ContactNeed, is_complete: bool, unfit: frozenset[str] = frozenset()
    ) -> EffectResult:
        """Find the contact or make it, leaving out those that were found unfit."""
        known = await self._find(need, unfit)
        if known is None:
            keys = (need.identity, *customer_keys(need.customer, need.shop_id))
            async with self._locks.of(
                (f"{need.connection_id}:{key}" for key in keys), self._short
            ) as are_locked:
                if not are_locked:
                    return Later(self._short, OTHERS)
                known = await self._find(need, unfit)
                if known is None and not is_complete:
                    known = await self._search(need, unfit)
                if known is None:
                    return await self._make(need)
        if need.tax_free and not known.tax_free:
            try:
                is_ticked = await self._updates.allow_tax_free(need, known)
            except RefusedError as refusal:
                return Refused(refusal)
            except UnknownOutcomeError:
                return Later(self._short, SETTLING)  # reading it again tells
            if not is_ticked:
                return await self._ensure(need, is_complete, unfit | {known.contact_id})
        if need.update:
            await self._updates.follow(need, known)
        return self._rested(known)

    async def check_refused_contact(self, need: ContactNeed, contact_id: str) -> Later | None:
        """Look at a contact that a voucher was refused for. Returns when to try again, None if that is fine.

        A new contact is not accepted at once; one that is archived or gone is replaced by the next try.
        """
        known = await self._get(need, contact_id)
        if known is not None and known.age is not None and known.age < self._young:
            return Later(self._settle, SETTLING)
        try:
            state = ContactState.ARCHIVED if (await need.client.contacts.get(contact_id)).archived else None
        except (NotFound, AccessDenied):
            state = ContactState.GONE
        if state is None:
            return None
        log.info("contact.lost", tenant_id=str(need.tenant_id), state=state)
        async with self._db.sessions.of(need.tenant_id) as session:
            await need.rows(session).mark(contact_id, state)
        return Later(timedelta(), SETTLING)

    async def _find(self, need: ContactNeed, unfit: frozenset[str]) -> KnownContact | None:
        keys = customer_keys(need.customer, need.shop_id)
        found = await self._found(need, keys)
        if best_of(need, keys, found) is None:
            unread = [known.contact_id for known in found if is_unread(need, known)]
            if unread:
                await self._read(need, unread[:MOST_READ])
                found = await self._found(need, keys)
        return best_of(need, keys, [known for known in found if known.contact_id not in unfit])

    async def _found(self, need: ContactNeed, keys: Sequence[str]) -> Sequence[KnownContact]:
        async with self._db.reading.of(need.tenant_id) as session:
            return await need.rows(session).find(keys) if keys else ()

    async def _read(self, need: ContactNeed, contact_ids: Sequence[str]) -> None:
        """Look at contacts of which an older release kept no name."""
        for contact_id in contact_ids:
            try:
                contact = await need.client.contacts.get(contact_id)
            except (NotFound, AccessDenied):
                async with self._db.sessions.of(need.tenant_id) as session:
                    await need.rows(session).mark(contact_id, ContactState.GONE)
            else:
                await self._keep(need, [contact])

    async def _get(self, need: ContactNeed, contact_id: str) -> KnownContact | None:
        async with self._db.reading.of(need.tenant_id) as session:
            return await need.rows(session).get(contact_id)

    async def _search(self, need: ContactNeed, unfit: frozenset[str]) -> KnownContact | None:
        """Ask the books once for a customer the index does not show, by e-mail or else by name."""
        now, place = self._clock(), f"{need.connection_id}:{need.identity}"
        if now < self._searched.get(place, now):
            return None
        customer, contacts = need.customer, need.client.contacts
        try:
            found = (
                await contacts.by_email(customer.email)
                if customer.email is not None
                else await contacts.by_name(customer.company or customer.last_name or customer.name)
            )
        except RequestRejected as refusal:
            log.warning("contact.search_refused", tenant_id=str(need.tenant_id), error=refusal.code)
            return None
        await self._keep(need, found.contacts)
        while len(self._searched) >= SEARCHES_KEPT:
            del self._searched[next(iter(self._searched))]
        self._searched[place] = now + SEARCH_HOLDS_SECONDS
        return await self._find(need, unfit)

    async def _keep(self, need: ContactNeed, found: Sequence[Contact]) -> None:
        async with self._db.sessions.of(need.tenant_id) as session:
            await need.rows(session).store(found)

    async def _make(self, need: ContactNeed) -> EffectResult:
        async with self._db.reading.of(need.tenant_id) as session:
            generation = await need.rows(session).lost(need.identity)
        result = await self._ensured(need, ContactEffect(need, generation, "full"))
        if isinstance(result, Refused) and isinstance(result.error, ContactRejected):
            if any(issue.key == NUMBER_RACE for issue in result.error.issues):
                return Later(NUMBER_RACE_OVER, SETTLING)
            result = await self._make_less(need, generation, result.error)
        if isinstance(result, Bound):
            known = await self._get(need, result.external_id)
            return result if known is None else self._rested(known)
        if isinstance(result, Later) and result.reason == DocumentReason.WRITE_UNCONFIRMED.value:
            return Later(self._patience(result.after), OTHERS)
        return result

    async def _ensured(self, need: ContactNeed, effect: ContactEffect) -> EffectResult:
        """Make it, after what a person said of a try that nobody can find out about."""
        result = await self._runner.ensure(effect)
        if need.anew and isinstance(result, Parked) and result.reason == DocumentReason.WRITE_UNSETTLED.value:
            await self._runner.give_up_open_attempt(effect.key)
            result = await self._runner.ensure(effect)
        return result

    async def _make_less(self, need: ContactNeed, generation: int, refusal: ContactRejected) -> EffectResult:
        """Make the contact without what was refused; if that is not it, with as little as the books take."""
        without = refused_parts(refusal.issues, need)
        if without:
            log.warning("contact.without", tenant_id=str(need.tenant_id), parts=sorted(without))
            result = await self._runner.ensure(ContactEffect(need, generation, "fitting", without))
            if not isinstance(result, Refused) or not isinstance(result.error, ContactRejected):
                return result
            refusal = result.error
        log.warning("contact.only_the_least", tenant_id=str(need.tenant_id), said=str(refusal))
        return await self._runner.ensure(ContactEffect(need, generation, "least"))

    def _patience(self, planned: timedelta) -> timedelta:
        """A young attempt may be another process's that is told its end in a moment: asking costs nothing."""
        return min(planned, self._short) if planned <= self._first_look else planned

    def _rested(self, known: KnownContact) -> EffectResult:
        if known.age is not None and known.age < self._settle:
            return Later(self._settle - known.age, SETTLING)
        return Bound(known.contact_id, BoundHow.RECONCILED if known.age is None else BoundHow.WRITTEN)

    @property
    def _settle(self) -> timedelta:
        return timedelta(seconds=self._settings.settle_seconds)

    @property
    def _young(self) -> timedelta:
        return timedelta(seconds=self._settings.young_seconds)

    @property
    def _short(self) -> timedelta:
        return timedelta(seconds=self._settings.retry_seconds)


class KeyedLocks:
    """One at a time for each key in this process; who holds several took them in one order."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, keys: Iterable[str], patience: timedelta) -> AsyncIterator[bool]:
        """Lock all keys in order; yields False when that took longer than `patience`."""
        async with AsyncExitStack() as stack:
            yield await self._came(stack, sorted(set(keys)), patience)

    async def _came(self, stack: AsyncExitStack, keys: Sequence[str], patience: timedelta) -> bool:
        try:
            async with asyncio.timeout(patience.total_seconds()):
                for key in keys:
                    await stack.enter_async_context(self._one(key))
        except TimeoutError:
            return False
        return True

    @asynccontextmanager
    async def _one(self, key: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)
