"""The control interface of a simulator that runs as a process of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

VOUCHER, FILE = "POST /v1/vouchers", "POST /v1/vouchers/{id}/files"


@dataclass(frozen=True)
class Simulator:
    """One simulator: where it is, and orders to it."""

    base_url: str
    _http: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def open(cls, entry: Mapping[str, str]) -> AsyncIterator[Self]:
        """The simulator of this entry in the directory."""
        parts = urlsplit(entry["control_url"])
        base_url = f"{parts.scheme}://{parts.netloc}"
        async with httpx.AsyncClient(base_url=base_url, timeout=120, trust_env=False) as http:
            yield cls(base_url, http)

    async def post(self, path: str, **order: Any) -> dict[str, Any]:
        """Give an order and return its result."""
        answer = await self._http.post(f"/_control/{path}", json=order)
        answer.raise_for_status()
        return dict(answer.json())

    async def state(self, *parts: str, **query: str) -> dict[str, Any]:
        """What it was asked so far, with these parts of what it holds."""
        answer = await self._http.get("/_control/state", params={"only": ",".join(parts) or "none", **query})
        answer.raise_for_status()
        return dict(answer.json())

    async def requests(self) -> dict[str, int]:
        """How often each method and path was asked."""
        return dict((await self.state(shop="none", brief="true"))["requests"])

    async def created(self, prefix: str) -> dict[str, float]:
        """When each voucher whose number begins so was made, in seconds since the epoch."""
        vouchers = (await self.state("vouchers"))["vouchers"]
        return {
            voucher["voucherNumber"]: datetime.fromisoformat(voucher["createdDate"]).timestamp()
            for voucher in vouchers
            if voucher["voucherNumber"].startswith(prefix)
        }

    async def without_limits(self) -> None:
        """Answer everything at once, and show every write at once."""
        await self.post("settings", rate_limit=False, read_lag=0.0, search_lag=0.0, contact_lag=0.0)
