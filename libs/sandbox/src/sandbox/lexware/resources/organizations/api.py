"""What a connection may learn of its organization: profile, master data, ping, payments of its vouchers."""

from collections.abc import Mapping, Sequence

from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.access import Access
from sandbox.lexware.books import Books, those_of
from sandbox.lexware.errors import regular
from sandbox.lexware.resources.connections.control import ConnectionControl
from sandbox.lexware.resources.organizations.control import OrganizationControl
from sandbox.lexware.values import long_number, midnight
from sandbox.lexware.views import open_amount, shuffled
from sandbox.resource import ApiRoute, ControlRoute, Resource, StatePart
from sandbox.store import Document

_SETTLED = ("paid", "paidoff", "voided")


class Organizations(Resource):
    """`/v1/profile`, `/v1/organization`, `/v1/ping` and `/v1/payments/{id}`."""

    def __init__(self, books: Books, access: Access) -> None:
        self._books = books
        self._control = OrganizationControl(books, ConnectionControl(books, access))

    def routes(self) -> Sequence[ApiRoute]:
        """Return what a connection may ask about its own organization."""
        return [
            ApiRoute("/v1/payments/{id}", {"GET": self.payments}, {"GET": ("payments.read",)}),
            ApiRoute("/v1/profile", {"GET": self.profile}, {"GET": ("profile.read",)}),
            ApiRoute("/v1/organization", {"GET": self.master_data}, {"GET": ("organization.read",)}),
            ApiRoute("/v1/ping", {"GET": self.ping}),
        ]

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return the orders about organizations."""
        return self._control.routes()

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the organizations."""
        return {"organizations": lambda: those_of(query, self._books.organizations.values(), "id")}

    def profile(self, call: Call) -> Answer:
        """Show what decides how the organization books."""
        organization = self._books.organization(call.identity["organizationId"])
        profile = {
            "organizationId": organization["id"],
            "companyName": organization["companyName"],
            "created": call.identity["created"],
            "connectionId": call.identity["id"],
            "features": ["cashbox"],
            "businessFeatures": organization["businessFeatures"],
            "subscriptionStatus": "active",
            "taxType": organization["taxType"],
            "smallBusiness": organization["smallBusiness"],
        }
        if organization["distanceSalesPrinciple"] is not None:
            profile["distanceSalesPrinciple"] = organization["distanceSalesPrinciple"]
        return json_answer(200, shuffled(profile))

    def master_data(self, call: Call) -> Answer:
        """Show the organization's address and numbers."""
        organization = self._books.organization(call.identity["organizationId"])
        return json_answer(
            200,
            {
                "companyName": organization["companyName"],
                "branchOfIndustryName": "Versand- und Internet-Einzelhandel",
                "branchOfIndustryWzCode": "47.91",
                "address": {"street": "Kornweg 12", "zip": "21335", "city": "Lüneburg", "countryCode": "DE"},
                "organizationType": "GmbH",
                "organizationTypeKey": "LIMITED_LIABILITY_COMPANY",
                "vatIdentificationNumber": "DE811907980",
                "taxNumber": "33/200/00000",
                "website": "https://shop.example",
            },
        )

    def ping(self, call: Call) -> Answer:
        """Show that the credentials are good."""
        return json_answer(200, {"userEmail": call.identity["created"]["userEmail"]})

    def payments(self, call: Call) -> Answer:
        """Show how far a voucher is paid."""
        voucher = self._books.vouchers.as_of(call.params["id"].lower(), self._books.switches.read_lag)
        if voucher is None or voucher["organizationId"] != call.identity["organizationId"]:
            raise regular(404, call, "Voucher not found.")
        if voucher["voucherStatus"] in ("blank", "unchecked"):
            raise regular(406, call, "Payments of unchecked vouchers are not available.")
        return json_answer(200, _payments_view(voucher))


def _payments_view(voucher: Document) -> Document:
    settled = voucher["voucherStatus"] in _SETTLED
    sales = str(voucher["type"]).startswith("sales")
    view: Document = {
        "openAmount": open_amount(voucher),
        "currency": "EUR",
        "paymentStatus": "balanced" if settled else ("openRevenue" if sales else "openExpense"),
        "voucherType": voucher["type"],
        "voucherStatus": voucher["voucherStatus"],
        "paymentItems": [
            {
                "paymentItemType": payment["type"],
                "postingDate": midnight(payment["postingDate"]),
                "amount": long_number(payment["amount"]),
                "currency": "EUR",
            }
            for payment in voucher.get("payments", [])
        ],
    }
    if voucher["voucherStatus"] in ("paid", "paidoff"):
        view["paidDate"] = midnight(voucher["payments"][-1]["postingDate"])
    return shuffled(view)
