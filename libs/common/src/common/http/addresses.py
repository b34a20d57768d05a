"""Which network addresses others may make us connect to: public ones, and what a setting trusts by name."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from common.settings import HostPolicy

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNICAST = ipaddress.IPv6Network("2000::/3")
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # to IPv4 by the network on the way
ISATAP = (0x00005EFE, 0x02005EFE)


class AddressNotPublic(OSError):
    """Nothing was connected: the address is not public and no setting trusts its host."""


def is_public(text: str) -> bool:
    """Whether the address, and each IPv4 address inside it, is one of a public host."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return all(_is_unicast(one) for one in (address, *_embedded(address)))


def is_trusted(host: str, port: int | None, policy: HostPolicy) -> bool:
    """Whether a setting names the host, with or without the port."""
    trusted, host = {name.lower() for name in policy.trusted_hosts}, host.lower().rstrip(".")
    return host in trusted or f"{host}:{port}" in trusted


class Guard(AbstractResolver):
    """Stands where connections are made: what a name leads to is checked there and used at once.

    A name that leads to several addresses is refused for a single one that is not public.
    """

    def __init__(self, policy: HostPolicy) -> None:
        self._policy, self._names = policy, ThreadedResolver()
        self._trusted: set[tuple[str, int]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look up the addresses of a name; raises `AddressNotPublic`."""
        found = await self._names.resolve(host, port, family)
        if is_trusted(host, port, self._policy):
            self._trusted |= {(entry["host"], port) for entry in found}
        elif not all(is_public(entry["host"]) for entry in found):
            raise AddressNotPublic(f"{host} is not public")
        return found

    def check(self, address: tuple[Any, ...]) -> None:
        """Return when a socket may be opened to it; the last look, also at addresses that were no names."""
        host, port = str(address[0]), int(address[1])
        if is_public(host) or (host, port) in self._trusted or is_trusted(host, port, self._policy):
            return
        raise AddressNotPublic(f"{host} is not public")

    async def close(self) -> None:
        """Close nothing: nothing is held."""
        await self._names.close()


def _is_unicast(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address.ipv4_mapped is not None or address in TRANSLATED:
        return True  # counts for the address inside
    return address.is_global and address in UNICAST


def _embedded(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address stands for or is carried by."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in TRANSLATED or (int(address) >> 32) & 0xFFFF_FFFF in ISATAP:
        yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
