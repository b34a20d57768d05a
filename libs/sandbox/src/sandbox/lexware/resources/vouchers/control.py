"""What people and other programs do to vouchers behind the API's back."""

from decimal import Decimal

from sandbox.control import ControlRefused, control_object
from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.books import Books
from sandbox.lexware.orders import take_copies, take_organization
from sandbox.lexware.resources.vouchers.by_hand import amount_of, voucher_by_hand
from sandbox.lexware.values import CENT, today
from sandbox.lexware.views import open_amount
from sandbox.resource import ControlRoute
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


class VoucherControl:
    """Orders about vouchers."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> list[ControlRoute]:
        """Return the paths of the orders."""
        return [
            ControlRoute("/_control/vouchers", {"POST": self.add_voucher}),
            ControlRoute(
                "/_control/vouchers/{id}", {"POST": self.edit_voucher, "DELETE": self.delete_voucher}
            ),
            ControlRoute("/_control/vouchers/{id}/pay", {"POST": self.pay_voucher}),
        ]

    def add_voucher(self, call: Call) -> Answer:
        """Make a voucher as a person or another program would, with sensible values for what is not said.

        With `count` there are so many, `{}` in any text standing for their numbers; the last one is shown.
        """
        order = control_object(call)
        organization_id = take_organization(self._books, order)
        voucher: Document = {}
        for copy in take_copies(order):
            voucher = voucher_by_hand(organization_id, copy)
            self._books.put_voucher(voucher)
        return json_answer(201, voucher)

    def edit_voucher(self, call: Call) -> Answer:
        """Change a voucher as a user of the web application does."""
        voucher, order = self._voucher(call), control_object(call)
        unknown = set(order) - set(_EDITABLE)
        if unknown:
            raise ControlRefused(f"cannot edit {sorted(unknown)}", known=list(_EDITABLE))
        return json_answer(200, self._books.change_voucher(voucher, order))

    def pay_voucher(self, call: Call) -> Answer:
        """Book a payment of a voucher, the whole open amount unless `amount` says less."""
        voucher, order = self._voucher(call), control_object(call)
        still_open = Decimal(open_amount(voucher) or "0")
        amount = amount_of(order, "amount", str(still_open))
        rest = max(still_open - amount, Decimal(0)).quantize(CENT)
        payment = {"type": "manualPayment", "postingDate": today(), "amount": str(amount.quantize(CENT))}
        changes = {"payments": [*voucher.get("payments", []), payment], "openAmount": str(rest)}
        if rest == 0:
            changes["voucherStatus"] = "paid" if str(voucher["type"]).endswith("invoice") else "paidoff"
        return json_answer(200, self._books.change_voucher(voucher, changes))

    def delete_voucher(self, call: Call) -> Answer:
        """Delete a voucher with its files as a user of the web application does."""
        voucher = self._voucher(call)
        for file_id in voucher["files"]:
            self._books.delete_file(file_id)
        self._books.vouchers.delete(voucher["id"])
        return json_answer(200, {"deleted": voucher["id"]})

    def _voucher(self, call: Call) -> Document:
        voucher = self._books.vouchers.current(call.params["id"])
        if voucher is None:
            raise ControlRefused("no such voucher", status=404)
        return voucher
