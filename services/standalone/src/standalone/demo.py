"""Sets the demo tenant up through the public API and tells on the console what becomes of its documents."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from pydantic import SecretStr

from common.errors import ConnectorError, RefusedError
from common.http.answers import NetworkFailure
from common.http.client import ApiClient
from common.http.transport import Network
from common.observability.printable import printable
from standalone.telling import Teller, clock, say

DEMO_TENANT = "Demo shop"
DEMO_SETTINGS = {"poll_interval_seconds": 2}
START_SECONDS = 20.0
ASK_SECONDS = 2.0
LOOK_SECONDS = 1.0
PAGE = 250


class DemoNotReady(Exception):
    """The API did not answer in time."""


class Bearer:
    """Authorises with one token."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def headers(self) -> Mapping[str, str]:
        """The authorization header."""
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """There is no other token."""
        return False


class Demo:
    """A customer of the API like any other."""

    name = "demo"

    def __init__(
        self, network: Network, api_url: str, token: SecretStr, simulators: Mapping[str, Any]
    ) -> None:
        self._network, self._url = network, api_url
        self._api = ApiClient(network, api_url, auth=Bearer(token))
        self._simulators = simulators

    async def run(self, stop: asyncio.Event) -> None:
        """Set up what is missing, then report every change until told to stop."""
        working = asyncio.create_task(self._work())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def _work(self) -> None:
        tenant_id = await self.set_up()
        teller = Teller(await self._reasons(), f"{self._url}/api/v1/documents")
        known = await self._documents(tenant_id)
        if known:
            teller.remember(known)
        while True:
            try:
                known = await self._documents(tenant_id)
                teller.tell(known)
            except ConnectorError as trouble:
                say(f"  {clock()}  (the API did not answer: {trouble.code})")
            await asyncio.sleep(LOOK_SECONDS * (1 + len(known) // PAGE))

    async def set_up(self) -> str:
        """Connect the tenant, made if need be, to shop and books of this start. Returns its id."""
        await self._until_ready()
        tenant_id = await self._tenant()
        shop, books = self._simulators["epages"], self._simulators["lexware"]
        await self._link(
            {
                "kind": "books",
                "name": "Lexware Office (sandbox)",
                "tenant_id": tenant_id,
                "base_url": books["base_url"],
                "api_key": books["api_key"],
            },
        )
        linked_id = await self._link(
            {
                "kind": "shop",
                "name": "ePages (sandbox)",
                "tenant_id": tenant_id,
                "base_url": shop["base_url"],
                "access_token": shop["access_token"],
                "client_secret": shop["client_secret"],
                "replace": True,  # a sandbox on other ports is the shop of the start before
            },
        )
        if linked_id is not None:
            await self._leave_other_shops(tenant_id, linked_id)
        return tenant_id

    async def _link(self, connection: Mapping[str, Any]) -> str | None:
        """Link a connection. Returns its id; None when the API refuses, as in use under another tenant."""
        try:
            linked_id: str = (await self._post("/api/v1/connections", connection))["id"]
        except RefusedError:
            print(f"  ({connection['name']} is not linked here: the API refuses it)", flush=True)
            return None
        return linked_id

    async def _tenant(self) -> str:
        """Find the tenant of the first start, however many others were made since, also of its name."""
        tenants = await self._items(f"/api/v1/tenants?limit={PAGE}")
        known: list[str] = [tenant["id"] for tenant in tenants if tenant["name"] == DEMO_TENANT]
        if known:
            return known[-1]  # the list begins with the newest
        made: str = (await self._post("/api/v1/tenants", {"name": DEMO_TENANT, "settings": DEMO_SETTINGS}))[
            "id"
        ]
        return made

    async def _leave_other_shops(self, tenant_id: str, linked_id: str) -> None:
        """Disable shops of earlier starts that have no order in common with this one's."""
        for connection in await self._items(
            f"/api/v1/connections?limit={PAGE}&tenant_id={tenant_id}&kind=shop"
        ):
            if connection["state"] == "active" and connection["id"] != linked_id:
                await self._post(f"/api/v1/connections/{connection['id']}/disable", {})
                say(f"  (the shop of an earlier start, {printable(connection['base_url'])}, is left out)")

    async def _until_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            try:
                answer = await self._network.send(
                    "GET", f"{self._url}/healthz", {}, None, timeout=ASK_SECONDS
                )
            except NetworkFailure:
                await asyncio.sleep(0.1)
            else:
                if answer.ok:
                    return
        raise DemoNotReady(f"the API did not answer within {START_SECONDS:.0f} s")

    async def _documents(self, tenant_id: str) -> list[dict[str, Any]]:
        """List them all: the order is that of document dates, so news may stand on any page."""
        return await self._items(f"/api/v1/documents?limit={PAGE}&tenant_id={tenant_id}")

    async def _reasons(self) -> dict[str, dict[str, Any]]:
        """Fetch why a document may be parked, in words, by code."""
        return {reason["code"]: reason for reason in (await self._get("/api/v1/reasons"))["items"]}

    async def _items(self, address: str) -> list[dict[str, Any]]:
        """Read a list to its end."""
        page = await self._get(address)
        items: list[dict[str, Any]] = page["items"]
        while page["next_cursor"] is not None:
            page = await self._get(f"{address}&cursor={page['next_cursor']}")
            items += page["items"]
        return items

    async def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads((await self._api.get(path)).content)
        return answer

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        response = await self._api.post(path, orjson.dumps(body), "application/json")
        answer: dict[str, Any] = orjson.loads(response.content)
        return answer
