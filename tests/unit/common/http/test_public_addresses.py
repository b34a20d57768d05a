"""Which network addresses are public, whatever address they are wrapped in."""

import pytest

from common.http.addresses import Guard, is_public, is_trusted
from common.settings import HostPolicy


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2001:4860:4860::8888",
        "::ffff:93.184.216.34",
        "64:ff9b::5db8:d822",
        "2002:5db8:d822::1",
    ],
)
def test_an_address_of_the_public_network_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
    ],
)
def test_private_local_multicast_and_reserved_addresses_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:224.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2002:e000:1::1",
        "2001:4860::5efe:10.0.0.1",
        "2001:4860::200:5efe:10.0.0.1",
    ],
)
def test_an_address_counts_for_the_one_inside_it(address: str) -> None:
    assert not is_public(address)


def test_a_host_is_trusted_by_name_or_by_name_and_port_however_it_is_written() -> None:
    policy = HostPolicy(trusted_hosts=("Sandbox:9101", "localhost"))
    assert is_trusted("sandbox", 9101, policy)
    assert is_trusted("LOCALHOST.", 1, policy)
    assert not is_trusted("sandbox", 9102, policy)
    assert not is_trusted("localhost.example", 1, policy)


async def test_a_socket_is_opened_only_to_what_is_public_or_trusted() -> None:
    guard = Guard(HostPolicy(trusted_hosts=("127.0.0.1:9101",)))
    guard.check(("127.0.0.1", 9101))
    guard.check(("93.184.216.34", 443))
    for place in (("127.0.0.1", 9102), ("10.0.0.1", 9101), ("::1", 9101, 0, 0)):
        with pytest.raises(OSError, match="not public"):
            guard.check(place)
