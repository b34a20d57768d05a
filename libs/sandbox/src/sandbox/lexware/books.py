"""What several resources keep together: organizations, who may reach them, vouchers, contacts and files."""

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.lexware.lag import LaggedDocuments
from sandbox.lexware.switches import LexwareSwitches
from sandbox.lexware.values import berlin_moment, html_encoded
from sandbox.store import Document, Store

_FIRST_CUSTOMER, _FIRST_VENDOR = 10002, 70001


def new_id() -> str:
    """Return a fresh id as the API writes ids."""
    return str(uuid.uuid4())


class Books:
    """The collections of the store with the indices the API needs."""

    def __init__(self, store: Store, clock: Clock, switches: LexwareSwitches) -> None:
        self._store, self._clock, self.switches = store, clock, switches
        self.organizations = store.collection("organizations")
        self.connections = store.collection("connections")
        self.bearers = store.collection("bearers")  # token or key → connection, kind, end
        self.clients = store.collection("oauth_clients")
        self.codes = store.collection("oauth_codes")
        self.files = store.collection("files")
        self._lagged: list[LaggedDocuments] = []
        self.vouchers = self.lagged("vouchers")
        self.contacts = self.lagged("contacts")
        self._vouchers_of: dict[str, dict[str, None]] = {}
        self._contacts_of: dict[str, dict[str, None]] = {}
        self._by_number: dict[tuple[str, str], dict[str, None]] = {}
        self._by_checksum: dict[tuple[str, str], str] = {}
        self.reindex()

    def reindex(self) -> None:
        """Build the indices from what the store holds; the past is forgotten."""
        for index in (self._vouchers_of, self._contacts_of, self._by_number, self._by_checksum):
            index.clear()
        for documents in self._lagged:
            documents.forget()
        for voucher in self.vouchers.values():
            self._index_voucher(voucher)
        for contact in self.contacts.values():
            self._contacts_of.setdefault(contact["organizationId"], {})[contact["id"]] = None
        for file in self.files.values():
            self._by_checksum[(file["organizationId"], file["checksum"])] = file["id"]

    def lagged(self, name: str) -> LaggedDocuments:
        """Return a collection whose readers may see the past, for a resource to keep its documents in."""
        documents = LaggedDocuments(self._store.collection(name), self._clock, self._longest_lag)
        self._lagged.append(documents)
        return documents

    def organization(self, organization_id: str) -> Document:
        """Return an organization that exists."""
        return self.organizations[organization_id]

    def change_organization(self, organization_id: str, **changes: Any) -> Document:
        """Commit changed properties of an organization and return it."""
        organization = {**self.organizations[organization_id], **changes}
        self.organizations.put(organization_id, organization)
        return organization

    def next_number(self, organization_id: str, role: str) -> int:
        """Use up the organization's next customer or vendor number."""
        key, first = {
            "customer": ("nextCustomer", _FIRST_CUSTOMER),
            "vendor": ("nextVendor", _FIRST_VENDOR),
        }[role]
        number = int(self.organizations[organization_id].get(key, first))
        self.change_organization(organization_id, **{key: number + 1})
        return number

    def put_voucher(self, voucher: Document) -> None:
        """Commit a voucher."""
        self.vouchers.put(voucher["id"], voucher)
        self._index_voucher(voucher)

    def change_voucher(self, voucher: Document, changes: Document) -> Document:
        """Commit changes of a voucher as its next version and return it."""
        stamp = {"updatedDate": berlin_moment(), "version": voucher["version"] + 1}
        successor = {**voucher, **changes, **stamp}
        self.put_voucher(successor)
        return successor

    def put_contact(self, contact: Document) -> None:
        """Commit a contact."""
        self.contacts.put(contact["id"], contact)
        self._contacts_of.setdefault(contact["organizationId"], {})[contact["id"]] = None

    def searched_vouchers(self, organization_id: str, number: str | None = None) -> list[Document]:
        """Return what a search sees now; the number is one as the search compares it, in whatever case."""
        wanted = None if number is None else number.lower()
        index = (
            self._vouchers_of.get(organization_id, {})
            if wanted is None
            else self._by_number.get((organization_id, wanted), {})
        )
        lag = self.switches.search_lag
        seen = [self.vouchers.as_of(key, lag) for key in index]
        return [
            voucher
            for voucher in seen
            if voucher is not None and (wanted is None or _compared(voucher) == wanted)
        ]

    def searched_contacts(self, organization_id: str) -> list[Document]:
        """Return the contacts a search sees now."""
        lag = self.switches.search_lag
        seen = [self.contacts.as_of(key, lag) for key in self._contacts_of.get(organization_id, {})]
        return [contact for contact in seen if contact is not None]

    def put_file(self, file: Document, content: bytes) -> None:
        """Commit a file with its bytes."""
        self._store.put_blob(file["checksum"], content)
        self.files.put(file["id"], file)
        self._by_checksum[(file["organizationId"], file["checksum"])] = file["id"]

    def file_with_checksum(self, organization_id: str, checksum: str) -> Document | None:
        """Return the organization's file with this content, or None."""
        file_id = self._by_checksum.get((organization_id, checksum))
        return None if file_id is None else self.files.get(file_id)

    def content(self, file: Document) -> bytes:
        """Return the bytes of a file."""
        return self._store.get_blob(file["checksum"]) or b""

    def delete_file(self, file_id: str) -> None:
        """Lose a file for good."""
        file = self.files.delete(file_id)
        if file is not None:
            key = (file["organizationId"], file["checksum"])
            if self._by_checksum.get(key) == file_id:
                del self._by_checksum[key]

    def _index_voucher(self, voucher: Document) -> None:
        organization_id = voucher["organizationId"]
        self._vouchers_of.setdefault(organization_id, {})[voucher["id"]] = None
        self._by_number.setdefault((organization_id, _compared(voucher)), {})[voucher["id"]] = None

    def _longest_lag(self) -> float:
        switches = self.switches
        return max(switches.read_lag, switches.search_lag, switches.contact_lag, switches.upload_lag)


def those_of(
    query: Mapping[str, str], documents: list[Document], key: str = "organizationId"
) -> list[Document]:
    """Return all documents, or those of the query's `organization_id`."""
    wanted = query.get("organization_id")
    return [one for one in documents if wanted in (None, one[key])]


def _compared(voucher: Document) -> str:
    return html_encoded(voucher["voucherNumber"] or "").lower()
