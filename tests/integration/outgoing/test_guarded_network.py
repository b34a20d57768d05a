"""Addresses that others gave us are looked at where the connection is made, not only before."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from common.http.answers import ConnectionRefused
from common.http.transport import Network
from common.settings import HostPolicy
from common.shops.address import AddressRefused, check_address
from common.shops.epages.http import ShopHttp
from support.wire import WireServer, json_answer, wire_server

NOBODY = HostPolicy()


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with wire_server(lambda server, exchange, writer: writer.write(json_answer(200, b"{}"))) as opened:
        yield opened


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with Network() as opened:
        yield opened


def leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names lead to these addresses, look by look; the names asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    return asked


async def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_connected_to(
    network: Network, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = leads_to(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    port = urlsplit(server.url).port
    await check_address(f"https://shop.example:{port}/rs", NOBODY)
    http = ShopHttp(network.guarded(NOBODY), f"http://shop.example:{port}", timeout=5)
    with pytest.raises(AddressRefused):
        await http.get("/orders", params={}, headers={}, max_bytes=1024)
    assert asked == ["shop.example", "shop.example"]
    assert server.exchanges == []


async def test_a_name_is_refused_for_a_single_address_that_is_not_public(
    network: Network, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(ConnectionRefused):
        await network.guarded(NOBODY).send(
            "GET", f"http://shop.example:{urlsplit(server.url).port}/", {}, None, timeout=5
        )
    assert server.exchanges == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_no_spelling_of_this_machine_is_connected_to(
    network: Network, server: WireServer, host: str
) -> None:
    url = f"http://{host}:{urlsplit(server.url).port}/"
    with pytest.raises(ConnectionRefused):
        await network.guarded(NOBODY).send("GET", url, {}, None, timeout=5)
    assert server.exchanges == []


@pytest.mark.parametrize("trusted", ["127.0.0.1", "localhost"])
async def test_a_trusted_host_is_connected_to_and_no_other_on_the_way(
    network: Network, server: WireServer, trusted: str
) -> None:
    port = urlsplit(server.url).port
    guarded = network.guarded(HostPolicy(trusted_hosts=(f"{trusted}:{port}",)))
    assert (await guarded.send("GET", f"http://{trusted}:{port}/", {}, None, timeout=5)).ok
    with pytest.raises(ConnectionRefused):
        await guarded.send("GET", "http://127.0.0.2:1/", {}, None, timeout=5)


async def test_connections_of_our_own_are_never_lent_to_what_others_gave_us(
    network: Network, server: WireServer
) -> None:
    assert (await network.send("GET", server.url, {}, None, timeout=5)).ok
    with pytest.raises(ConnectionRefused):
        await network.guarded(NOBODY).send("GET", server.url, {}, None, timeout=5)
    assert len(server.exchanges) == 1
