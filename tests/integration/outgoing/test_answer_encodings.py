"""Answers come as they are or packed in the two usual ways, and never cost more than the limit allows."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from common.http.answers import AnswerBroken, AnswerTooLarge, EncodingRefused, read_body
from common.http.transport import Network, Response
from support.wire import WireServer, wire_server

LIMIT = 64 * 1024
TEXT = b'{"name": "Muster"}' * 100
ZEROS = bytes(4 * LIMIT)


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def named(value: object) -> str | None:
    """A case goes by its encoding; bytes are no name."""
    return "" if isinstance(value, bytes) else None


def bare_deflate(content: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with Network() as opened:
        yield opened


async def answered(network: Network, body: bytes, *encodings: str) -> tuple[Response, WireServer]:
    """What the client makes of this body under these `Content-Encoding` lines."""
    lines = "".join(f"Content-Encoding: {encoding}\r\n" for encoding in encodings)
    head = f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode()
    async with wire_server(lambda server, exchange, writer: writer.write(head + body)) as server:
        answer = await network.send("GET", server.url, {}, None, timeout=5, max_bytes=LIMIT)
        return answer, server


async def test_we_ask_for_answers_as_they_are(network: Network) -> None:
    answer, server = await answered(network, TEXT)
    assert answer.content == TEXT
    assert b"accept-encoding: identity\r\n" in server.exchanges[0].data.lower()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzipped(TEXT)),
        ("GZip", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("identity, gzip", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
        ("", TEXT),
        ("gzip", gzipped(bytes(LIMIT))),
    ],
    ids=named,
)
async def test_what_comes_packed_in_a_usual_way_is_unpacked(
    network: Network, encoding: str, packed: bytes
) -> None:
    answer, _ = await answered(network, packed, encoding)
    assert answer.content in {TEXT, bytes(LIMIT)}


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzipped(TEXT)), ("deflate", zlib.compress(TEXT)), ("deflate", bare_deflate(TEXT))],
    ids=named,
)
async def test_it_may_come_in_pieces_of_any_size(encoding: str, packed: bytes, size: int) -> None:
    assert await read_body(in_pieces(packed, encoding, size), LIMIT) == TEXT
    with pytest.raises(AnswerBroken):
        await read_body(in_pieces(packed[:1], encoding, size), LIMIT)


def in_pieces(packed: bytes, encoding: str, size: int) -> httpx.Response:
    async def pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(packed), size):
            yield packed[place : place + size]

    return httpx.Response(200, headers={"Content-Encoding": encoding}, content=pieces())


@pytest.mark.parametrize(
    "encodings", [["br"], ["zstd"], ["compress"], ["gzip, gzip"], ["gzip", "deflate"], ["?"]]
)
async def test_any_other_encoding_is_refused_before_the_body_is_read(
    network: Network, encodings: list[str]
) -> None:
    head = "".join(f"Content-Encoding: {encoding}\r\n" for encoding in encodings)
    never = f"HTTP/1.1 200 OK\r\n{head}Content-Length: 9\r\n\r\n".encode()
    async with wire_server(lambda server, exchange, writer: writer.write(never)) as server:
        with pytest.raises(EncodingRefused) as refused:
            async with asyncio.timeout(5):  # the body never comes
                await network.send("GET", server.url, {}, None, timeout=60)
        assert refused.value.encoding == ", ".join(encodings)
        await asyncio.wait_for(server.exchanges[0].closed.wait(), 5)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzipped(ZEROS)),
        ("deflate", zlib.compress(ZEROS)),
        ("deflate", bare_deflate(ZEROS)),
        ("identity", ZEROS),
        ("gzip", gzipped(bytes(LIMIT + 1))),
    ],
    ids=named,
)
async def test_the_limit_is_the_same_for_what_comes_and_for_what_it_unpacks_to(
    network: Network, encoding: str, body: bytes
) -> None:
    with pytest.raises(AnswerTooLarge):
        await answered(network, body, encoding)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"no gzip"),
        ("deflate", b"\xff\xff no deflate"),
        ("gzip", gzipped(TEXT)[:-9]),
        ("gzip", gzipped(TEXT) + b"more"),
        ("gzip", gzipped(TEXT) + gzipped(TEXT)),
    ],
    ids=named,
)
async def test_a_packed_body_that_is_none_is_no_answer(network: Network, encoding: str, body: bytes) -> None:
    with pytest.raises(AnswerBroken):
        await answered(network, body, encoding)


async def test_a_body_cut_anywhere_is_unpacked_alike(network: Network) -> None:
    packed = gzipped(TEXT)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in packed:
            writer.write(b"1\r\n" + bytes([byte]) + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        answer = await network.send("GET", url, {}, None, timeout=5, max_bytes=LIMIT)
    assert answer.content == TEXT


async def test_the_event_loop_turns_while_an_answer_is_unpacked(network: Network) -> None:
    pauses: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            pauses.append(loop.time() - before)

    watching = asyncio.create_task(watch())
    body = gzipped(bytes(24 * 1024 * 1024))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with wire_server(lambda server, exchange, writer: writer.write(head + body)) as server:
        answer = await network.send("GET", server.url, {}, None, timeout=30)
    watching.cancel()
    assert len(answer.content) == 24 * 1024 * 1024
    assert len(pauses) > 20  # one step of unpacking at most lies between two turns
