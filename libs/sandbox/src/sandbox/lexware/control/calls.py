"""Control calls: what people and the vendor do to the books behind the API's back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.base import ControlRefused, control_json
from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.access import ALL_SCOPES, Access
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.control.voucher_by_hand import amount_of, voucher_by_hand
from sandbox.lexware.demo_data import DEMO_CLIENT, DEMO_ORGANIZATION
from sandbox.lexware.resources.contacts import Contacts
from sandbox.lexware.resources.oauth import OAuth
from sandbox.lexware.resources.organization import new_organization
from sandbox.lexware.resources.vouchers import changed
from sandbox.lexware.values import CENT, berlin_moment, today
from sandbox.lexware.views import open_amount
from sandbox.store import Document

_EDITABLE = (
    "remark",
    "voucherNumber",
    "voucherDate",
    "totalGrossAmount",
    "totalTaxAmount",
    "contactId",
    "contactName",
    "voucherStatus",
    "locked",
)
_CHANGEABLE = (
    "companyName",
    "taxType",
    "smallBusiness",
    "distanceSalesPrinciple",
    "businessFeatures",
    "closedUntil",
    "contractProblem",
)


class LexwareControl:
    """Orders given to the simulator itself; every one is committed before its answer."""

    def __init__(
        self, books: Books, access: Access, oauth: OAuth, contacts: Contacts, flush: Callable[[], None]
    ) -> None:
        self._books, self._access, self._oauth = books, access, oauth
        self._contacts, self._flush = contacts, flush

    def add_organization(self, call: Call) -> Answer:
        """Make an organization with an API key; `oauth` adds an OAuth connection."""
        order = _order(call)
        organization_id = str(order.get("organizationId") or new_id())
        self._books.organizations.put(organization_id, new_organization(organization_id, order))
        result: Document = {"organization_id": organization_id, **self._key(organization_id, order)}
        if order.get("oauth"):
            result["oauth"] = self._grant(organization_id, order)
        return self._done(201, result)

    def change_organization(self, call: Call) -> Answer:
        """Change settings of an organization, close a period or give it a contract problem."""
        organization_id, order = call.params["id"], _order(call)
        if organization_id not in self._books.organizations:
            raise ControlRefused("no such organization", status=404)
        unknown = set(order) - set(_CHANGEABLE)
        if unknown:
            raise ControlRefused(f"cannot change {sorted(unknown)}", known=list(_CHANGEABLE))
        return self._done(200, self._books.change_organization(organization_id, **order))

    def add_api_key(self, call: Call) -> Answer:
        """Make another API key of an organization; `scopes` narrow it."""
        order = _order(call)
        return self._done(201, self._key(self._organization_id(order), order))

    def add_client(self, call: Call) -> Answer:
        """Register an OAuth client, or change the one of this `client_id`."""
        order = _order(call)
        client_id = str(order.get("client_id") or new_id())
        known = self._books.clients.get(client_id) or {
            "id": client_id,
            "secret": f"secret-{new_id()}",
            "redirectUris": [],
            "scopes": list(ALL_SCOPES),
            "active": True,
        }
        names = {"client_secret": "secret", "redirect_uris": "redirectUris", "active": "active"}
        changes = {names[key]: value for key, value in order.items() if key in names}
        client = {**known, **changes}
        self._books.clients.put(client_id, client)
        result = {"client_id": client_id, "client_secret": client["secret"]}
        return self._done(
            201, {**result, "redirect_uris": client["redirectUris"], "active": client["active"]}
        )

    def add_grant(self, call: Call) -> Answer:
        """Make an OAuth connection as if a user had just consented."""
        order = _order(call)
        return self._done(201, self._grant(self._organization_id(order), order))

    def revoke(self, call: Call) -> Answer:
        """End the connection of a `token` (of any kind) or connection id for good."""
        connection = self._connection(call)
        self._access.revoke(connection)
        return self._done(200, {"revoked": connection["id"]})

    def expire_access_token(self, call: Call) -> Answer:
        """End an access token before its time; its connection can still refresh."""
        connection = self._connection(call)
        self._access.invalidate_access_token(connection)
        return self._done(200, {"expired": connection["id"]})

    def add_voucher(self, call: Call) -> Answer:
        """Make a voucher as a person or another program would, with sensible values for what is not said.

        With `count` there are so many, `{}` in any text standing for their numbers; the last one is shown.
        """
        order = _order(call)
        organization_id, count = self._organization_id(order), order.pop("count", None)
        voucher: Document = {}
        for number in range(1 if count is None else int(count)):
            body = order if count is None else _numbered(order, str(number))
            voucher = voucher_by_hand(organization_id, body)
            self._books.put_voucher(voucher)
        return self._done(201, voucher)

    def edit_voucher(self, call: Call) -> Answer:
        """Change a voucher as a user of the web application does."""
        voucher, order = self._voucher(call), _order(call)
        unknown = set(order) - set(_EDITABLE)
        if unknown:
            raise ControlRefused(f"cannot edit {sorted(unknown)}", known=list(_EDITABLE))
        return self._done(200, changed(self._books, voucher, order))

    def pay_voucher(self, call: Call) -> Answer:
        """Book a payment of a voucher, the whole open amount unless `amount` says less."""
        voucher, order = self._voucher(call), _order(call)
        still_open = Decimal(open_amount(voucher) or "0")
        amount = amount_of(order, "amount", str(still_open))
        rest = max(still_open - amount, Decimal(0)).quantize(CENT)
        payment = {"type": "manualPayment", "postingDate": today(), "amount": str(amount.quantize(CENT))}
        changes = {"payments": [*voucher.get("payments", []), payment], "openAmount": str(rest)}
        if rest == 0:
            changes["voucherStatus"] = "paid" if str(voucher["type"]).endswith("invoice") else "paidoff"
        return self._done(200, changed(self._books, voucher, changes))

    def delete_voucher(self, call: Call) -> Answer:
        """Delete a voucher with its files as a user of the web application does."""
        voucher = self._voucher(call)
        for file_id in voucher["files"]:
            self._books.delete_file(file_id)
        self._books.vouchers.delete(voucher["id"])
        return self._done(200, {"deleted": voucher["id"]})

    def add_contact(self, call: Call) -> Answer:
        """Make a contact as a person would: nothing is checked, lists may be long, `archived` is kept.

        With `count` there are so many, `{}` in any text standing for their numbers; the last one is shown.
        """
        order = _order(call)
        organization_id, count = self._organization_id(order), order.pop("count", None)
        contact: Document = {}
        for number in range(1 if count is None else int(count)):
            body = order if count is None else _numbered(order, str(number))
            contact = self._contacts.new_contact(organization_id, {"roles": {"customer": {}}, **body})
            self._books.put_contact(contact)
        return self._done(201, contact)

    def edit_contact(self, call: Call) -> Answer:
        """Change a contact as a user of the web application does; `archived` takes it out of use or back."""
        contact, order = self._contact(call), _order(call)
        edited = {**contact, **order, "version": contact["version"] + 1, "updatedDate": berlin_moment()}
        self._books.put_contact(edited)
        return self._done(200, edited)

    def delete_contact(self, call: Call) -> Answer:
        """Delete a contact as a user of the web application does."""
        contact = self._contact(call)
        self._books.contacts.delete(contact["id"])
        return self._done(200, {"deleted": contact["id"]})

    def _done(self, status: int, result: Any) -> Answer:
        self._flush()
        return json_answer(status, result)

    def _key(self, organization_id: str, order: Document) -> Document:
        connection = self._access.connect(organization_id, None, order.get("scopes", ALL_SCOPES))
        api_key = self._access.add_api_key(connection, order.get("api_key"))
        return {"connection_id": connection["id"], "api_key": api_key}

    def _grant(self, organization_id: str, order: Document) -> Document:
        client_id = str(order.get("client_id") or DEMO_CLIENT)
        client = self._books.clients.get(client_id)
        if client is None:
            raise ControlRefused("no such OAuth client", status=404)
        connection = self._access.connect(organization_id, client_id, order.get("scopes", ALL_SCOPES))
        tokens = self._oauth.tokens(self._access.rotate(connection))
        secrets = {"client_id": client_id, "client_secret": client["secret"]}
        return {"connection_id": connection["id"], **secrets, **tokens}

    def _organization_id(self, order: Document) -> str:
        organization_id = str(
            order.pop("organizationId", None) or order.pop("organization_id", DEMO_ORGANIZATION)
        )
        if organization_id not in self._books.organizations:
            raise ControlRefused("no such organization", status=404)
        return organization_id

    def _connection(self, call: Call) -> Document:
        order = _order(call)
        names = ("token", "api_key", "access_token", "refresh_token", "connection_id")
        token = next((str(order[name]) for name in names if name in order), "")
        connection = self._access.connection_of(token)
        if connection is None:
            raise ControlRefused("no such token or connection", status=404, known=list(names))
        return connection

    def _voucher(self, call: Call) -> Document:
        voucher = self._books.vouchers.current(call.params["id"])
        if voucher is None:
            raise ControlRefused("no such voucher", status=404)
        return voucher

    def _contact(self, call: Call) -> Document:
        contact = self._books.contacts.current(call.params["id"])
        if contact is None:
            raise ControlRefused("no such contact", status=404)
        return contact


def _numbered(part: Any, number: str) -> Any:
    if isinstance(part, dict):
        return {key: _numbered(value, number) for key, value in part.items()}
    if isinstance(part, list):
        return [_numbered(value, number) for value in part]
    return part.replace("{}", number) if isinstance(part, str) else part


def _order(call: Call) -> Document:
    order = control_json(call)
    if not isinstance(order, dict):
        raise ControlRefused("a JSON object is needed")
    return order
