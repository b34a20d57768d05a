"""The contact a voucher goes to: none for the collective one, else the customer's own, made before it."""

from dataclasses import replace
from datetime import UTC

from common.domain.ids import ShopConnectionId
from common.domain.reasons import DocumentReason
from common.domain.verdicts import SingleContact
from common.effects.effect import Bound, EffectResult, Parked, Refused
from common.errors import ConnectorError, RefusedError
from common.events.documents import DocumentIssued
from common.later import Later
from common.lexware.countries import NAMES, code_in_books
from common.lexware.errors import VoucherRejected
from invoice_writer.contacts import ContactNeed, Contacts
from invoice_writer.deciding import VoucherPlan
from invoice_writer.lists import BooksList, ListRef, Readings
from invoice_writer.outcomes import Outcome
from invoice_writer.refusals import connection_reason, said_by

NOT_ACCEPTED = ("invalid_value", "contactId")


class VoucherContacts:
    """Speaks to the contacts in the words of documents."""

    def __init__(self, contacts: Contacts, readings: Readings) -> None:
        self._contacts, self._readings = contacts, readings
        self._codes: dict[tuple[str, str], str] = {}

    async def ready(
        self, event: DocumentIssued, plan: VoucherPlan, *, anew: bool = False
    ) -> str | Outcome | Later | None:
        """Have the contact ready. Returns its id (None: the collective one), or the document's end instead.

        `anew`: a person knows that nobody can find out whether the last try made it. Raises `BooksUnreadable`
        when contacts or countries cannot be read.
        """
        need = need_of(event, plan)
        if need is None:
            return None
        try:
            need = replace(need, country_code=await self._country_code(need), anew=anew)
        except RefusedError as refusal:
            return _refused(refusal, plan)
        match await self._contacts.ensure(need):
            case Bound(external_id=contact_id):
                return contact_id
            case Later() as later:
                return later
            case Parked(reason=reason, params=params):
                return plan.parked(DocumentReason(reason), **params)
            case Refused(error=error):
                return _refused(error, plan)

    async def check_refused_contact(
        self, event: DocumentIssued, plan: VoucherPlan, contact_id: str | None, result: EffectResult
    ) -> Later | None:
        """Look at the contact of a refused voucher. Returns when to try again; None where that is fine."""
        need = need_of(event, plan)
        if need is None or contact_id is None or not _is_about_contact(result):
            return None
        return await self._contacts.check_refused_contact(need, contact_id)

    async def _country_code(self, need: ContactNeed) -> str | None:
        """Look up how the books spell the country; asks once where they have a code of their own."""
        country = need.customer.country
        if country not in NAMES:
            return None
        key = (need.organization_id, country)
        if key not in self._codes:
            ref = ListRef(need.tenant_id, need.connection_id, BooksList.COUNTRIES)
            async with self._readings.of(ref):
                listed = await need.client.countries.list()
            self._codes[key] = code_in_books(country, listed.fit)
        return self._codes[key]


def need_of(event: DocumentIssued, plan: VoucherPlan) -> ContactNeed | None:
    """What the document needs; None when the collective contact does."""
    contact, books = plan.decision.contact, plan.context.books
    if not isinstance(contact, SingleContact):
        return None
    assert books is not None
    return ContactNeed(
        tenant_id=event.tenant_id,
        connection_id=books.connection_id,
        organization_id=plan.organization_id,
        shop_id=ShopConnectionId(event.connection_id),
        client=plan.client,
        customer=contact.customer,
        tax_free=contact.tax_free,
        as_of=event.document.issued_at.astimezone(UTC),
        update=plan.context.settings.values.update_contacts,
    )


def _is_about_contact(result: EffectResult) -> bool:
    if not isinstance(result, Refused) or not isinstance(result.error, VoucherRejected):
        return False
    return any((issue.key, issue.source) == NOT_ACCEPTED for issue in result.error.issues)


def _refused(error: ConnectorError, plan: VoucherPlan) -> Outcome:
    reason = connection_reason(error) or DocumentReason.CONTACT_REJECTED
    return plan.parked(reason, code=error.code, **said_by(error))
