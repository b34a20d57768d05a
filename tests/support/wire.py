"""A bare TCP server that writes down which bytes arrived and answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """What came on one connection so far."""

    data: bytes = b""
    closed: asyncio.Event = field(default_factory=asyncio.Event)


Play = Callable[["WireServer", Exchange, asyncio.StreamWriter], None]


@dataclass
class WireServer:
    """Records every connection; `answer` is called after each chunk and may write or close."""

    answer: Play
    exchanges: list[Exchange] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        exchange = Exchange()
        self.exchanges.append(exchange)
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                exchange.data += chunk
                self.answer(self, exchange, writer)
        exchange.closed.set()
        writer.close()


@contextlib.asynccontextmanager
async def wire_server(answer: Play) -> AsyncIterator[WireServer]:
    """Run the server on a free port."""
    server = WireServer(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


def body_of(data: bytes) -> bytes:
    """What follows the headers."""
    return data.partition(b"\r\n\r\n")[2]


def content_length(data: bytes) -> int:
    """The length the request announced."""
    head = data.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length:")[2].split(b"\r\n")[0])


def complete(data: bytes) -> bool:
    """Whether the announced body is there as a whole."""
    return b"\r\n\r\n" in data and len(body_of(data)) >= content_length(data)


def json_answer(status: int, body: bytes) -> bytes:
    """An HTTP answer that keeps the connection."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
