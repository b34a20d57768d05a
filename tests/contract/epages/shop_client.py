"""What the suite needs of a shop's clients: one that reads it, one that is told by it."""

import asyncio
from typing import Any

import httpx

from sandbox.testing import Control

LINES = [
    {"name": "Lampe", "sku": "T-01", "price": "24.95", "rate": 19, "quantity": 2},
    {"name": "Buch", "sku": "B-07", "price": "10.70", "rate": 7},
]


class Shop:
    """One shop as a third-party client sees it, and the hand of its merchant."""

    def __init__(self, credentials: dict[str, Any], control: Control) -> None:
        self.base_url = str(credentials["base_url"])
        self.credentials, self.control = credentials, control
        self.http = httpx.AsyncClient(trust_env=False, timeout=10, headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.epages.v1+json",
            "Authorization": f"Bearer {self.credentials['access_token']}",
            "User-Agent": "contract-tests/1.0",
        }

    async def get(self, path: str = "", **query: str | int) -> httpx.Response:
        return await self.http.get(f"{self.base_url}{path}", params=query)

    async def json(self, path: str = "", **query: str | int) -> Any:
        response = await self.get(path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def do(self, action: str, **fields: Any) -> dict[str, Any]:
        shop = {"shop": self.credentials.get("shop", self.credentials["shop_id"])}
        return await self.control.post(action, {**shop, **fields})

    async def place(self, **fields: Any) -> dict[str, Any]:
        return await self.do("orders", **{"lines": LINES, **fields})

    async def sell(self, document: dict[str, Any] | None = None, **order: Any) -> dict[str, Any]:
        return await self.do("orders/sell", order={"lines": LINES, **order}, document=document or {})

    async def documents(self, order_id: str, **query: str | int) -> list[dict[str, Any]]:
        return list((await self.json(f"/orders/{order_id}/documents", **query))["items"])


class Receiver:
    """An app's webhook endpoint: notes every request and answers with the next status, at last with 200."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.times: list[float] = []
        self.statuses: list[int] = []
        self.url = ""
        self._changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request per connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        async with self._changed:
            self.requests.append((headers, body))
            self.times.append(asyncio.get_running_loop().time())
            self._changed.notify_all()

    async def received(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """The requests, as soon as there are so many."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= count)
        return self.requests
