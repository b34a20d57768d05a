"""The one spelling of a web address, and what tells shops apart: host and path, whatever the scheme.

Two addresses of one spelling are one place. The other way round it does not hold: a shop may be reached
under several hosts, and only what it answers tells that.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
LONGEST_HOST = 253
LONGEST_PLACE = 2000  # an index has its limits


class NoWebAddress(ValueError):
    """It is no http or https address with a host and a plain path."""


def one_spelling(url: str) -> str:
    """Spell an API root in its one way: no default port, no empty or dot segments, nothing encoded.

    Raises `NoWebAddress` for user, query, fragment, and for what a server may read in two ways.
    """
    parts = _split(url)
    if parts.query or parts.fragment:
        raise NoWebAddress("query or fragment")
    segments = _segments(parts.path)
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise NoWebAddress("path")
    return "/".join((f"{parts.scheme}://{_authority(parts)}", *segments))


def root_of(url: str) -> str:
    """Name the place an API root leads to: its one spelling without the scheme; raises `NoWebAddress`."""
    return one_spelling(url).partition("://")[2]


def authority_of(url: str) -> str:
    """Name host and port of a web address in their one spelling; raises `NoWebAddress`."""
    return _authority(_split(url))


def storefront_of(url: str | None) -> str | None:
    """Name the storefront an address leads to, its query in order; None for none or a very long one."""
    try:
        parts = _split(url or "")
        place = "/".join((_authority(parts), *(quote(one, safe="") for one in _segments(parts.path))))
    except NoWebAddress:
        return None
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    whole = f"{place}?{query}" if query else place
    return whole if len(whole) <= LONGEST_PLACE else None


def loopback_roots(root: str) -> frozenset[str]:
    """Name the same place of this machine under its other names; empty for any other host."""
    for name in LOOPBACK:
        rest = root.removeprefix(name)
        if rest != root and (not rest or rest[0] in ":/"):
            return frozenset(f"{other}{rest}" for other in LOOPBACK if other != name)
    return frozenset()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise NoWebAddress("no address") from None
    if parts.scheme not in DEFAULT_PORTS or not has_host or "@" in parts.netloc or "\\" in url:
        raise NoWebAddress("no plain web address")
    return parts


def _authority(parts: SplitResult) -> str:
    host = _host(parts.hostname or "", is_bracketed="[" in parts.netloc)
    return host if parts.port in {None, DEFAULT_PORTS[parts.scheme]} else f"{host}:{parts.port}"


def _host(given: str, *, is_bracketed: bool) -> str:
    if is_bracketed:
        return _ipv6_host(given)
    name = _ascii(_decoded(given)).removesuffix(".")
    if len(name) > LONGEST_HOST or not _HOST.fullmatch(name):
        raise NoWebAddress("host")
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name
    try:  # a host that ends in a number is an IPv4 address; of its many spellings one is taken
        return str(IPv4Address(name))
    except ValueError:
        raise NoWebAddress("IPv4 address") from None


def _ipv6_host(given: str) -> str:
    try:
        address = ip_address(given)
    except ValueError:
        raise NoWebAddress("IPv6 address") from None
    if not isinstance(address, IPv6Address) or address.scope_id is not None:
        raise NoWebAddress("IPv6 address")
    return f"[{address}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)


def _ascii(host: str) -> str:
    """The name as the domain name system knows it."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise NoWebAddress("host") from None


def _segments(path: str) -> list[str]:
    kept: list[str] = []
    for segment in map(_decoded, path.split("/")):
        if segment == ".." and kept:
            kept.pop()
        if segment not in {"", ".", ".."}:
            kept.append(segment)
    return kept


def _decoded(text: str) -> str:
    """Without percent signs; raises for what is no text or would be decoded a second time."""
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise NoWebAddress("percent encoding") from None
    if "%" in plain or "/" in plain:
        raise NoWebAddress("percent encoding")
    return plain
