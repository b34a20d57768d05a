"""`/v1/contacts` of one connection: create, read, update, list and search."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from common.http.client import ApiClient
from common.http.errors import UnreadableAnswer
from common.http.gate import Gate
from common.lexware.contact_wire import Contact
from common.lexware.rows import Page, parse_object, parse_page
from common.lexware.voucherlist import PAGE_SIZE, WINDOW_LIMIT, searchable
from common.lexware.vouchers import JSON, written_id
from common.lexware.wire import read_json

CONTACTS = "/v1/contacts"
SHORTEST_TERM, LONGEST_TERM = 3, 128
_WILDCARDS = re.compile(r"([\\_%])")


@dataclass(frozen=True, slots=True)
class FoundContacts:
    """Contacts that are not archived; when not `complete`, there may be others."""

    contacts: tuple[Contact, ...]
    complete: bool


class Contacts:
    """Customer records: found by parts of their texts, never deleted here."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def create(self, body: bytes, gate: Gate) -> str:
        """Create the contact of that body. Returns its id.

        Needs `LexwareClient.prepare_write` before the gate was made.
        Not safe to send twice: two equal requests make two contacts.
        """
        response = await self._api.post_gated(CONTACTS, body, JSON, gate)
        return written_id(response.content, "contact")

    async def get(self, contact_id: str) -> Contact:
        """Read the contact; raises `NotFound`."""
        content = (await self._api.get(f"{CONTACTS}/{contact_id}")).content
        return parse_object(Contact, content)[0]

    async def get_whole(self, contact_id: str) -> dict[str, Any]:
        """Read the contact with every field, those unknown to us too; raises `NotFound`."""
        content = (await self._api.get(f"{CONTACTS}/{contact_id}")).content
        try:
            whole = read_json(content)
        except (ValueError, RecursionError):
            whole = None
        if not isinstance(whole, dict):
            raise UnreadableAnswer("contact: no object")
        return whole

    async def update(self, contact_id: str, whole: dict[str, Any]) -> None:
        """Replace the contact whose `version` the body carries; raises `Conflict` when it is another now."""
        await self._api.put(f"{CONTACTS}/{contact_id}", orjson.dumps(whole, default=_number), JSON)

    async def customers(self, number: int) -> Page[Contact]:
        """Read one page of all customers by name, archived ones too; pages beyond the window are refused."""
        return await self._page({"customer": "true"}, number)

    async def by_email(self, email: str) -> FoundContacts:
        """Find customers with exactly this e-mail address, in whatever case."""
        wanted, term = email.strip().casefold(), _term(email)
        return await self._search(
            {"email": filter_text(term)},
            lambda contact: any(term.casefold() in text.casefold() for text in contact.emails),
            lambda contact: any(wanted == text.strip().casefold() for text in contact.emails),
        )

    async def by_name(self, name: str) -> FoundContacts:
        """Find customers whose name contains this text; the caller compares exactly."""
        term = _term(name)
        if len(term) < SHORTEST_TERM:
            return await self.everybody()
        wanted = term.casefold()
        return await self._search(
            {"name": filter_text(term)}, lambda contact: wanted in _names(contact), lambda contact: True
        )

    async def everybody(self) -> FoundContacts:
        """Read every customer within the search window."""
        return await self._search({}, lambda contact: True, lambda contact: True)

    async def _search(
        self, filters: dict[str, str], fits: Callable[[Contact], bool], is_meant: Callable[[Contact], bool]
    ) -> FoundContacts:
        """Search; a contact that does not fit means that the filter was ignored: that proves nothing."""
        found: list[Contact] = []
        number, last, total = 0, False, 0
        while not last and number * PAGE_SIZE < WINDOW_LIMIT:
            page = await self._page({"customer": "true", **filters}, number)
            found += page.content
            number, last, total = number + 1, page.last, page.total or total
        meant = tuple(one for one in found if is_meant(one) and not one.archived)
        return FoundContacts(meant, last and total < WINDOW_LIMIT and all(map(fits, found)))

    async def _page(self, filters: dict[str, str], number: int) -> Page[Contact]:
        params = {**filters, "page": str(number), "size": str(PAGE_SIZE)}
        return parse_page(Contact, (await self._api.get(CONTACTS, params)).content, PAGE_SIZE)


def filter_text(text: str) -> str:
    """The text for a contact filter: wildcards escaped, three characters HTML-encoded."""
    return searchable(_WILDCARDS.sub(r"\\\1", text))


def _term(text: str) -> str:
    """As much of the text as a filter takes."""
    term = " ".join(text.split())
    while len(filter_text(term)) > LONGEST_TERM:
        term = term[:-1].rstrip()
    return term


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(type(value).__name__)


def _names(contact: Contact) -> str:
    """Every way to write the name, to look into."""
    person = contact.person
    turned = "" if person is None else f"{person.last_name}, {person.first_name}"
    return "\n".join(" ".join(text.split()) for text in (contact.name, turned)).casefold()
