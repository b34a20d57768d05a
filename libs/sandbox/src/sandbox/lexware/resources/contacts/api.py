"""`/v1/contacts`: create, read, update, filter. Two equal requests make two contacts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sandbox.faults import Fault
from sandbox.http import Answer, Call, Handler, json_answer
from sandbox.lexware.books import Books, new_id, those_of
from sandbox.lexware.errors import gateway, issue, legacy, legacy_not_found, malformed
from sandbox.lexware.paging import DIGITS, WINDOW, paging_from
from sandbox.lexware.resources.contacts.checks import contact_issues
from sandbox.lexware.resources.contacts.control import ContactControl
from sandbox.lexware.values import Malformed, berlin_moment, html_encoded, json_object
from sandbox.lexware.views import action_result, contact_name, contact_view, page
from sandbox.misbehaviour import Play, Played
from sandbox.resource import ApiRoute, ControlRoute, Resource, StatePart
from sandbox.store import Document

_WRITABLE = ("company", "person", "addresses", "xRechnung", "emailAddresses", "phoneNumbers", "note")
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}
_LISTS = (("company", "contactPersons"), ("addresses", "billing"), ("addresses", "shipping"))


async def account_number_race(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """Refuse the contact: another one was given the same number at the same moment."""
    return legacy(406, [issue("account_number_already_exists", "roles.customer.number")]).answer


class Contacts(Resource):
    """The contact resource of all organizations."""

    plays: ClassVar[Mapping[str, Play]] = {"account_number_race": account_number_race}

    def __init__(self, books: Books, base_url: Callable[[], str]) -> None:
        self._books, self._base_url = books, base_url
        self._control = ContactControl(books, self.new_contact)

    def routes(self) -> Sequence[ApiRoute]:
        """Return the routes of all contacts and of one."""
        read, write = ("contacts.read",), ("contacts.write",)
        return [
            ApiRoute(
                "/v1/contacts",
                {"GET": self.search, "POST": self.create},
                {"GET": read, "POST": write},
            ),
            ApiRoute(
                "/v1/contacts/{id}", {"GET": self.read, "PUT": self.update}, {"GET": read, "PUT": write}
            ),
        ]

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return the orders about contacts."""
        return self._control.routes()

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the contacts."""
        contacts = self._books.contacts
        return {"contacts": lambda: [contact_view(one) for one in those_of(query, contacts.values())]}

    def create(self, call: Call) -> Answer:
        """Keep a new contact and give it its customer or vendor number."""
        body = _body_of(call)
        issues = contact_issues(body, check_phones=self._books.switches.check_phones)
        if body.get("version") != 0:
            issues.append(
                issue("missing_entity" if body.get("version") is None else "invalid_value", "version")
            )
        if issues:
            raise legacy(406, issues)
        contact = self.new_contact(call.identity["organizationId"], body)
        self._books.put_contact(contact)
        return self._written(self._books.switches.contact_create_status, contact)

    def read(self, call: Call) -> Answer:
        """Show a contact as it was a moment ago."""
        contact = self._books.contacts.as_of(call.params["id"].lower(), self._books.switches.read_lag)
        if contact is None:
            raise legacy_not_found()
        if contact["organizationId"] != call.identity["organizationId"]:
            return gateway(403)
        return json_answer(200, contact_view(contact))

    def update(self, call: Call) -> Answer:
        """Replace a contact; numbers and the archived mark stay, a role that is left out is gone."""
        contact = self._books.contacts.current(call.params["id"].lower())
        if contact is None:
            raise legacy_not_found()
        if contact["organizationId"] != call.identity["organizationId"]:
            return gateway(403)
        body = _body_of(call)
        issues = contact_issues(body, check_phones=self._books.switches.check_phones)
        if body.get("version") != contact["version"]:
            issues.insert(0, issue("invalid_value", "version"))
            if self._books.switches.contact_conflict_status == 409:
                raise legacy(409, issues[:1])
        if ("company" in contact) != ("company" in body):
            issues.append(issue("invalid_value", "company or person"))
        if _has_long_list(contact):
            issues.append(issue("invalid_value", "addresses.billing.size"))
        if issues:
            raise legacy(406, issues)
        roles = self._numbered_roles(contact["organizationId"], body["roles"], contact["roles"])
        kept = {key: value for key, value in contact.items() if key not in _WRITABLE}
        stamp = {"version": contact["version"] + 1, "updatedDate": berlin_moment()}
        successor = {**kept, **_written_part(body), "roles": roles, **stamp}
        self._books.put_contact(successor)
        return self._written(200, successor)

    def search(self, call: Call) -> Answer:
        """Show one page of contacts that fit all filters, archived ones too."""
        number, size, problem = paging_from(call.query)
        if problem is not None or number * size >= WINDOW:
            raise legacy(400, [issue("invalid_value", problem or "page", "bad_request_error")])
        keeps = [] if call.notes.get("filter_ignored") else _filters_of(call.query)
        found = [
            contact
            for contact in self._books.searched_contacts(call.identity["organizationId"])
            if all(keep(contact) for keep in keeps)
        ]
        found.sort(key=lambda contact: contact_name(contact).casefold())
        rows = [contact_view(contact) for contact in found[number * size : (number + 1) * size]]
        return json_answer(200, page(rows, len(found), number, size, ("name", "ASC")))

    def new_contact(self, organization_id: str, body: dict[str, Any]) -> Document:
        """Return a new contact with the numbers of its roles, not yet committed."""
        moment = berlin_moment()
        return {
            "id": new_id(),
            "organizationId": organization_id,
            "version": 1,
            "roles": self._numbered_roles(organization_id, body["roles"], {}),
            **_written_part(body),
            "archived": bool(body.get("archived", False)) if "archived" in body else False,
            "createdDate": moment,
            "updatedDate": moment,
        }

    def _numbered_roles(self, organization_id: str, asked: Document, had: Document) -> Document:
        wanted = [role for role in ("customer", "vendor") if isinstance(asked.get(role), dict)]
        return {
            role: had.get(role) or {"number": self._books.next_number(organization_id, role)}
            for role in wanted
        }

    def _written(self, status: int, contact: Document) -> Answer:
        result = action_result(self._base_url(), "contacts", contact)
        return json_answer(status, result, ((b"location", result["resourceUri"].encode()),))


def _body_of(call: Call) -> dict[str, Any]:
    try:
        return json_object(call.body)
    except Malformed as error:
        raise malformed() from error


def _written_part(body: dict[str, Any]) -> Document:
    part = {key: body[key] for key in _WRITABLE if body.get(key) is not None}
    company = part.get("company", {})
    for person in company.get("contactPersons") or []:
        person.setdefault("primary", False)
    if isinstance(company.get("vatRegistrationId"), str):
        company["vatRegistrationId"] = company["vatRegistrationId"].upper()
    return part


def _has_long_list(contact: Document) -> bool:
    lists = [contact.get(outer, {}).get(inner) or [] for outer, inner in _LISTS]
    lists += list(contact.get("emailAddresses", {}).values())
    lists += list(contact.get("phoneNumbers", {}).values())
    return any(len(entries) > 1 for entries in lists)


def _filters_of(query: dict[str, str]) -> list[Any]:
    keeps: list[Any] = []
    for name, texts_of in (("email", _emails_of), ("name", _names_of)):
        term = query.get(name)
        if term is not None:
            if not 3 <= len(term) <= 128:
                raise legacy(400, [issue("invalid_value", name, "bad_request_error")])
            pattern = _like(term)
            keeps.append(
                lambda contact, pattern=pattern, texts_of=texts_of: any(
                    pattern.search(html_encoded(text)) for text in texts_of(contact)
                )
            )
    if query.get("number") is not None:
        number = query["number"]
        if not (number.isascii() and number.isdigit() and len(number) <= DIGITS):
            raise legacy(400, [issue("invalid_value", "number", "bad_request_error")])
        keeps.append(lambda contact: int(number) in [role["number"] for role in contact["roles"].values()])
    for role in ("customer", "vendor"):
        if query.get(role) is not None:
            if query[role] not in _TRUE | _FALSE:
                raise legacy(400, [issue("invalid_value", role, "bad_request_error")])
            keeps.append(
                lambda contact, role=role, wanted=query[role] in _TRUE: (role in contact["roles"]) == wanted
            )
    return keeps


def _like(term: str) -> re.Pattern[str]:
    """Return a term as a pattern: `_` is any character, `%` any number, a backslash takes one literally."""
    parts: list[str] = []
    characters = iter(term)
    for character in characters:
        if character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append({"_": ".", "%": ".*"}.get(character, re.escape(character)))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _emails_of(contact: Document) -> list[str]:
    emails = [email for entries in contact.get("emailAddresses", {}).values() for email in entries or []]
    persons = contact.get("company", {}).get("contactPersons") or []
    return emails + [person["emailAddress"] for person in persons if person.get("emailAddress")]


def _names_of(contact: Document) -> list[str]:
    if "company" in contact:
        return [contact["company"]["name"]]
    person = contact["person"]
    first, last = person.get("firstName") or "", person["lastName"]
    return [f"{first} {last}".strip(), f"{last}, {first}" if first else last]
