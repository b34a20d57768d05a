"""The body of an answer: read piece by piece, unpacked by us where it came packed, and never beyond a limit.

We ask for bodies as they are. What some hosters pack all the same is unpacked in small steps beside the event
loop, so that neither its size nor its time is in the other side's hands.
"""

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator

import httpx

STEP = 256 * 1024  # unpacked at once, at most
GZIP, DEFLATE, BARE_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
FIRST = 2  # bytes that tell how a deflate body is packed
PLAIN = frozenset({"", "identity"})
WINDOWS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": DEFLATE}


class NetworkFailure(Exception):
    """The exchange ended without a complete answer; whether the request arrived is unknown."""


class ConnectionRefused(NetworkFailure):
    """Nothing was sent: the address leads to no host that others may make us ask."""


class NotConnected(NetworkFailure):
    """Nobody listens there, its name leads nowhere, or its certificate is not good: nothing was sent."""


class AnswerTooLarge(NetworkFailure):
    """The body, packed or unpacked, is larger than the caller wants to hold."""


class AnswerBroken(NetworkFailure):
    """The body is not what its headers say."""


class EncodingRefused(NetworkFailure):
    """The body is packed in a way we neither asked for nor unpack; it was not read."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        super().__init__(f"answer packed as {encoding}")


async def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """Read the whole body as its sender meant it; raises one of this file's failures."""
    window = _window(response.headers.get_list("content-encoding", split_commas=True))
    stream = response.stream
    assert isinstance(stream, AsyncIterable)
    raw = _limited(stream, max_bytes)
    return b"".join([piece async for piece in (raw if window is None else _unpacked(raw, window, max_bytes))])


def _window(given: list[str]) -> int | None:
    """How to unpack; None where there is nothing to unpack."""
    codings = [coding for name in given if (coding := name.strip().lower()) not in PLAIN]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in WINDOWS:
        raise EncodingRefused(", ".join(codings)[:60])
    return WINDOWS[codings[0]]


async def _limited(pieces: AsyncIterable[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise AnswerTooLarge("the answer is too large")
        yield piece


async def _unpacked(packed: AsyncIterable[bytes], window: int, max_bytes: int) -> AsyncIterator[bytes]:
    unpacker, size = _Unpacker(window), 0
    async for piece in packed:
        async for step in unpacker.steps(piece, max_bytes + 1):
            size += len(step)
            if size > max_bytes:
                raise AnswerTooLarge("the unpacked answer is too large")
            yield step
    if not unpacker.is_complete:
        raise AnswerBroken("the packed body has no end")


class _Unpacker:
    """Unpacks one gzip or deflate body; each step runs in a thread and gives a limited piece."""

    def __init__(self, window: int) -> None:
        self._window, self._unpacking = window, zlib.decompressobj(window)
        self._has_begun, self._kept = False, b""

    @property
    def is_complete(self) -> bool:
        """Whether the end of the packed body came, or nothing did."""
        return self._unpacking.eof or not (self._has_begun or self._kept)

    async def steps(self, packed: bytes, most: int) -> AsyncIterator[bytes]:
        """Unpack what this piece holds."""
        most, packed, self._kept = min(STEP, most), self._kept + packed, b""
        if not self._has_begun and len(packed) < FIRST:
            self._kept = packed
            return
        while True:
            if self._unpacking.eof and packed:
                raise AnswerBroken("more follows after the packed body")
            step = await self._step(packed, most)
            self._has_begun = True
            yield step
            if self._unpacking.unused_data:
                raise AnswerBroken("more follows after the packed body")
            packed = self._unpacking.unconsumed_tail
            if not packed and len(step) < most:
                return

    async def _step(self, packed: bytes, most: int) -> bytes:
        try:
            return await asyncio.to_thread(self._unpacking.decompress, packed, most)
        except zlib.error:
            if self._has_begun or self._window != DEFLATE:
                raise AnswerBroken("the packed body cannot be unpacked") from None
        self._window, self._unpacking = BARE_DEFLATE, zlib.decompressobj(BARE_DEFLATE)
        return await self._step(packed, most)  # some servers leave out the two bytes in front
