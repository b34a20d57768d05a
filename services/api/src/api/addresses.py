"""Addresses in their one spelling, allowed by the host policy."""

from urllib.parse import urlsplit

from api.problems import AddressRefused
from common.settings import HostPolicy
from common.shops import address

DEFAULT_PORTS = {"http": 80, "https": 443}


async def checked_address(url: str, policy: HostPolicy) -> str:
    """The address in its one spelling; raises `AddressRefused` unless it is public https or trusted."""
    spelled = one_spelling(url)
    try:
        await address.check_address(spelled, policy)
    except address.AddressRefused:
        raise AddressRefused("Only https addresses of public hosts are allowed.") from None
    except address.AddressUnknown:
        raise AddressRefused("The host of the address is not known.") from None
    return spelled


def one_spelling(url: str) -> str:
    """The address without default port and end slash, its host in lower case; raises `AddressRefused`."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise AddressRefused("The address is no URL.") from None
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise AddressRefused("The address must be https://host/path without user, query or fragment.")
    bracketed = f"[{host}]" if ":" in host else host
    place = bracketed if port in {None, DEFAULT_PORTS[parts.scheme]} else f"{bracketed}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
