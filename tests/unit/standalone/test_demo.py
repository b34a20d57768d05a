"""The demo finds its own tenant again, however many others there are by then."""

from itertools import count
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from common.http.transport import Network
from standalone.demo import DEMO_TENANT, Demo

SIMULATORS = {
    "epages": {"base_url": "http://127.0.0.1:1/rs/shops/S", "access_token": "t", "client_secret": "s"},
    "lexware": {"base_url": "http://127.0.0.1:2", "api_key": "k"},
}


class TwoPerPage:
    """An API that keeps tenants, lists the newest first, and gives two of them at a time."""

    def __init__(self, *names: str) -> None:
        self._ids = count(1)
        self.tenants: list[dict[str, str]] = []
        self.connected: list[str] = []
        for name in names:
            self._make(name)

        self.refuses = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content) if request.method == "POST" else None
        if self.refuses and request.url.path == "/api/v1/connections" and body is not None:
            return httpx.Response(409, json={"code": "shop_linked_elsewhere"})
        return httpx.Response(200, json=self._answer(request, body))

    def _answer(self, request: httpx.Request, body: Any) -> Any:
        match request.method, request.url.path:
            case "GET", "/api/v1/tenants":
                at = int(request.url.params.get("cursor", "0"))
                is_last = at + 2 >= len(self.tenants)
                return {"items": self.tenants[at : at + 2], "next_cursor": None if is_last else str(at + 2)}
            case "POST", "/api/v1/tenants":
                return self._make(body["name"])
            case "POST", "/api/v1/connections":
                self.connected.append(body["tenant_id"])
                return {"id": "c"}
            case _:
                return {"items": [], "next_cursor": None}

    def _make(self, name: str) -> dict[str, str]:
        self.tenants.insert(0, {"id": str(next(self._ids)), "name": name})
        return self.tenants[0]


@pytest.mark.parametrize(
    ("names", "tenant"),
    [
        ((), "1"),
        (("Other",), "2"),
        ((DEMO_TENANT, "A", "B", "C", "D"), "1"),
        ((DEMO_TENANT, "A", DEMO_TENANT), "1"),
    ],
)
async def test_the_tenant_of_the_first_start_is_taken_again(names: tuple[str, ...], tenant: str) -> None:
    api = TwoPerPage(*names)
    demo = Demo(Network(transport=httpx.MockTransport(api)), "http://api.test", SecretStr("t"), SIMULATORS)
    assert [await demo.set_up(), await demo.set_up()] == [tenant, tenant]
    assert set(api.connected) == {tenant}


async def test_a_demo_shop_in_use_elsewhere_is_left_there_and_the_demo_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = TwoPerPage(DEMO_TENANT)
    api.refuses = True
    demo = Demo(Network(transport=httpx.MockTransport(api)), "http://api.test", SecretStr("t"), SIMULATORS)
    assert await demo.set_up() == "1"
    assert capsys.readouterr().out.count("is not linked here") == 2
