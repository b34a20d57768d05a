"""Which shop addresses may be called: public https, and what a setting trusts by name."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from common.errors import RefusedError, TransientError
from common.http.addresses import is_public, is_trusted
from common.settings import HostPolicy


class AddressRefused(RefusedError):
    """The address is not public https and no setting trusts its host."""

    code = "shops.address_refused"


class AddressUnknown(TransientError):
    """The host's name leads nowhere at the moment."""

    code = "shops.address_unknown"


async def check_address(url: str, policy: HostPolicy) -> None:
    """Check that the address may be called; raises `AddressRefused` or `AddressUnknown`."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise AddressRefused("no address") from None
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.password:
        raise AddressRefused("no web address")
    if is_trusted(host, port, policy):
        return
    if parts.scheme != "https":
        raise AddressRefused(f"{host} is not called without encryption")
    if not all(is_public(address) for address in await _addresses(host)):
        raise AddressRefused(f"{host} is not public")


async def _addresses(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise AddressUnknown(f"{host} has no address") from None
    return [str(entry[4][0]).partition("%")[0] for entry in found]
