"""Addresses of shops and books are spelt one way and lead to public hosts only."""

import asyncio
import socket
from typing import Any

import pytest

from api.problems import (
    AddressRefused,
)
from api.upstream import checked_address, one_spelling
from common.settings import HostPolicy

NOBODY = HostPolicy()


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("https://Shop.Example/rs/shops/A/", "https://shop.example/rs/shops/A"),
        ("https://shop.example:443/rs", "https://shop.example/rs"),
        ("HTTPS://shop.example.:8443/rs", "https://shop.example:8443/rs"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        (" https://shop.example/a ", "https://shop.example/a"),
    ],
)
def test_an_address_has_one_spelling(given: str, spelled: str) -> None:
    assert one_spelling(given) == spelled
    assert one_spelling(spelled) == spelled


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "https://",
        "https://a@b/",
        "https://a/?q",
        "https://a/#f",
        "file:///etc",
        "https://a:x/",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        one_spelling(url)


@pytest.mark.parametrize(
    ("answer", "is_public"), [("93.184.216.34", True), ("10.1.2.3", False), ("127.0.0.1", False)]
)
async def test_a_name_counts_for_what_it_leads_to(
    monkeypatch: pytest.MonkeyPatch, answer: str, is_public: bool
) -> None:
    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    if is_public:
        assert await checked_address("https://shop.example/rs", NOBODY) == "https://shop.example/rs"
        return
    with pytest.raises(AddressRefused):
        await checked_address("https://shop.example/rs", NOBODY)


async def test_a_host_is_trusted_by_name_or_by_name_and_port() -> None:
    assert await checked_address("http://127.0.0.1:9101/x", HostPolicy(trusted_hosts=("127.0.0.1:9101",)))
    assert await checked_address("http://127.0.0.1:9101/x", HostPolicy(trusted_hosts=("127.0.0.1",)))
    with pytest.raises(AddressRefused):
        await checked_address("http://127.0.0.1:9102/x", HostPolicy(trusted_hosts=("127.0.0.1:9101",)))
