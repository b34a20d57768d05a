"""Addresses in their one spelling, allowed by the host policy."""

from api.problems import (
    AddressRefused,
)
from common.domain import web_addresses
from common.settings import HostPolicy
from common.shops import address


class HostUnknown(AddressRefused):
    """The name of the host leads nowhere at the moment."""


async def checked_address(url: str, policy: HostPolicy) -> str:
    """Spell the address in its one way; raises `AddressRefused` unless it is public https or trusted."""
    spelled = one_spelling(url)
    try:
        await address.check_address(spelled, policy)
    except address.AddressRefused:
        raise AddressRefused("Only https addresses of public hosts are allowed.") from None
    except address.AddressUnknown:
        raise HostUnknown("The host of the address is not known.") from None
    return spelled


def one_spelling(url: str) -> str:
    """Spell the address in its one way; raises `AddressRefused` for what is no plain address."""
    try:
        return web_addresses.one_spelling(url)
    except web_addresses.NoWebAddress:
        raise AddressRefused(
            "The address must be https://host/path, the path of letters, digits and -._~ alone, "
            "without user, query or fragment."
        ) from None
