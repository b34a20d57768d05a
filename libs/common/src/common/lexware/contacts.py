"""`/v1/contacts` of one connection, as far as vouchers need it: read and search."""

import re

from common.http.client import ApiClient
from common.lexware.voucherlist import searchable
from common.lexware.wire import Contact, ContactPage, parse

_WILDCARDS = re.compile(r"([\\_%])")


class Contacts:
    """Customer records."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def get(self, contact_id: str) -> Contact:
        """The contact; raises `NotFound`."""
        return parse(Contact, (await self._api.get(f"/v1/contacts/{contact_id}")).content)

    async def search(self, *, email: str | None = None, name: str | None = None) -> tuple[Contact, ...]:
        """Contacts that contain the given texts, not archived; the caller compares exactly."""
        filters = {"email": email, "name": name}
        query = {key: filter_text(text) for key, text in filters.items() if text is not None}
        found: list[Contact] = []
        number, last = 0, False
        while not last:
            params = {**query, "page": str(number), "size": "250"}
            page = parse(ContactPage, (await self._api.get("/v1/contacts", params)).content)
            found += page.content
            number, last = number + 1, page.last or not page.content
        return tuple(contact for contact in found if not contact.archived)


def filter_text(text: str) -> str:
    """The text for a contact filter: wildcards escaped, three characters HTML-encoded."""
    return searchable(_WILDCARDS.sub(r"\\\1", text))
