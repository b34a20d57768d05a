"""What people do to contacts behind the API's back."""

from collections.abc import Callable
from typing import Any

from sandbox.control import ControlRefused, control_object
from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.books import Books
from sandbox.lexware.orders import take_copies, take_organization
from sandbox.lexware.values import berlin_moment
from sandbox.resource import ControlRoute
from sandbox.store import Document

NewContact = Callable[[str, dict[str, Any]], Document]


class ContactControl:
    """Orders about contacts."""

    def __init__(self, books: Books, new_contact: NewContact) -> None:
        self._books, self._new_contact = books, new_contact

    def routes(self) -> list[ControlRoute]:
        """Return the paths of the orders."""
        return [
            ControlRoute("/_control/contacts", {"POST": self.add_contact}),
            ControlRoute(
                "/_control/contacts/{id}", {"POST": self.edit_contact, "DELETE": self.delete_contact}
            ),
        ]

    def add_contact(self, call: Call) -> Answer:
        """Make a contact as a person would: nothing is checked, lists may be long, `archived` is kept.

        With `count` there are so many, `{}` in any text standing for their numbers; the last one is shown.
        """
        order = control_object(call)
        organization_id = take_organization(self._books, order)
        contact: Document = {}
        for copy in take_copies(order):
            contact = self._new_contact(organization_id, {"roles": {"customer": {}}, **copy})
            self._books.put_contact(contact)
        return json_answer(201, contact)

    def edit_contact(self, call: Call) -> Answer:
        """Change a contact as a user of the web application does; `archived` takes it out of use or back."""
        contact, order = self._contact(call), control_object(call)
        edited = {**contact, **order, "version": contact["version"] + 1, "updatedDate": berlin_moment()}
        self._books.put_contact(edited)
        return json_answer(200, edited)

    def delete_contact(self, call: Call) -> Answer:
        """Delete a contact as a user of the web application does."""
        contact = self._contact(call)
        self._books.contacts.delete(contact["id"])
        return json_answer(200, {"deleted": contact["id"]})

    def _contact(self, call: Call) -> Document:
        contact = self._books.contacts.current(call.params["id"])
        if contact is None:
            raise ControlRefused("no such contact", status=404)
        return contact
