"""A plain HTTP client of the simulated books, as any third party would write it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from sandbox.testing import Control

GOODS = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
ROUNDING = "aba9020f-d0a6-47ca-ace6-03d6ed492351"
PDF = b"%PDF-1.4 a page"
SCALE = 0.02  # of the simulator under test
FOR_EVER = 86_400.0  # the longest lag or delay there is: no test sees its end, however slow its machine


def item(amount: str, tax: str, rate: str, category: str = GOODS) -> dict[str, Any]:
    """Return a voucher item; numbers are sent as JSON numbers."""
    return {
        "amount": number(amount),
        "taxAmount": number(tax),
        "taxRatePercent": number(rate),
        "categoryId": category,
    }


def number(text: str) -> Any:
    """Return a JSON number that keeps its digits on the way out."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def voucher(number: str | None = "S-1001", **changes: Any) -> dict[str, Any]:
    """Return a good sales voucher of 104.70 with 19 and 7 percent; None takes a property away."""
    body = {
        "type": "salesinvoice",
        "voucherNumber": number,
        "voucherDate": "2026-03-02",
        "totalGrossAmount": 104.70,
        "totalTaxAmount": 14.70,
        "taxType": "gross",
        "useCollectiveContact": True,
        "remark": "order 90017",
        "voucherItems": [item("83.30", "13.30", "19"), item("21.40", "1.40", "7")],
        **changes,
    }
    return {key: value for key, value in body.items() if value is not None}


def simple(gross: str, tax: str, rate: str, category: str = GOODS, **changes: Any) -> dict[str, Any]:
    """Return a voucher with one item."""
    amounts = {"totalGrossAmount": number(gross), "totalTaxAmount": number(tax)}
    return voucher(**amounts, voucherItems=[item(gross, tax, rate, category)], **changes)


def contact(**changes: Any) -> dict[str, Any]:
    """Return a good company contact; None takes a property away."""
    body = {
        "version": 0,
        "roles": {"customer": {}},
        "company": {
            "name": "Moorbach & Söhne GmbH",
            "vatRegistrationId": "ATU12345678",
            "allowTaxFreeInvoices": True,
            "contactPersons": [{"lastName": "Moorbach", "emailAddress": "einkauf@moorbach.example"}],
        },
        "addresses": {"billing": [{"street": "Ring 1", "zip": "1010", "city": "Wien", "countryCode": "AT"}]},
        "emailAddresses": {"business": ["rechnung_eingang@moorbach.example"]},
        **changes,
    }
    return {key: value for key, value in body.items() if value is not None}


PERSON = {"firstName": "Inken", "lastName": "Petersen"}


class Office:
    """One connection to the simulated books and the control API behind it."""

    def __init__(self, http: httpx.AsyncClient, control: Control, entry: Mapping[str, Any]) -> None:
        self.http, self.control, self.entry = http, control, entry

    def with_token(self, token: str) -> "Office":
        """Return the same books seen through another key or token."""
        headers = {"Authorization": f"Bearer {token}"}
        return Office(client(str(self.http.base_url), headers), self.control, self.entry)

    async def post(self, path: str, body: Any) -> httpx.Response:
        """POST JSON."""
        return await self.http.post(path, json=body)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """GET with a query."""
        return await self.http.get(path, params=query or None)

    async def created(self, body: Mapping[str, Any], resource: str = "vouchers") -> str:
        """Create something that must be accepted, and return its id."""
        response = await self.post(f"/v1/{resource}", body)
        assert response.status_code in (200, 201), response.text
        return str(response.json()["id"])

    async def issues(self, body: Any, resource: str = "vouchers") -> set[tuple[str, str]]:
        """Create something that must be refused, and return the issues as key and source."""
        return issues_of(await self.post(f"/v1/{resource}", body))

    async def read(self, path: str) -> dict[str, Any]:
        """GET something that must be there."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def numbers(self, **query: Any) -> list[str]:
        """Return the voucher numbers of a page of the voucherlist."""
        mandatory = {"voucherType": "any", "voucherStatus": "any"}
        response = await self.get("/v1/voucherlist", **{**mandatory, **query})
        assert response.status_code == 200, response.text
        return [row["voucherNumber"] for row in response.json()["content"]]

    async def upload(self, voucher_id: str, content: bytes, name: str = "invoice.pdf") -> httpx.Response:
        """Attach a file."""
        return await self.http.post(f"/v1/vouchers/{voucher_id}/files", files={"file": (name, content)})

    async def vouchers(self) -> list[dict[str, Any]]:
        """Return the vouchers as they truly are."""
        return list((await self.control.state(only="vouchers"))["vouchers"])


def issues_of(response: httpx.Response) -> set[tuple[str, str]]:
    """Return the issues of a legacy refusal as key and source."""
    assert response.status_code == 406, response.text
    return {(issue["i18nKey"], issue["source"]) for issue in response.json()["IssueList"]}


def client(base_url: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """Return a client of a plain HTTP server, without the time it takes to load certificates."""
    return httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False, verify=False)
