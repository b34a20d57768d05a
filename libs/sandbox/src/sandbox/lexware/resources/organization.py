"""What a connection may learn of its organization: profile, master data, ping, payments of its vouchers."""

from collections.abc import Mapping
from typing import Any

from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.books import Books
from sandbox.lexware.errors import regular
from sandbox.lexware.values import berlin_moment, long_number, midnight
from sandbox.lexware.views import open_amount, shuffled
from sandbox.store import Document

_SETTLED = ("paid", "paidoff", "voided")


class OrganizationResources:
    """`/v1/profile`, `/v1/organization`, `/v1/ping` and `/v1/payments/{id}`."""

    def __init__(self, books: Books) -> None:
        self._books = books

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


def new_organization(organization_id: str, options: Mapping[str, Any]) -> Document:
    """Return an organization with the given properties and ordinary ones for the rest."""
    return {
        "id": organization_id,
        "companyName": options.get("companyName", "Heidekraut Versand GmbH"),
        "taxType": options.get("taxType", "gross"),
        "smallBusiness": options.get("smallBusiness", False),
        "distanceSalesPrinciple": options.get("distanceSalesPrinciple"),
        "businessFeatures": options.get("businessFeatures", ["INVOICING", "INVOICING_PRO", "BOOKKEEPING"]),
        "userName": options.get("userName", "Frau Henrike Lohmann"),
        "userEmail": options.get("userEmail", "henrike.lohmann@heidekraut.example"),
        "closedUntil": options.get("closedUntil"),
        "contractProblem": options.get("contractProblem", False),
        "createdDate": berlin_moment(),
    }


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
