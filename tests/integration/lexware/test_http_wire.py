"""What the client really puts on the wire, seen by a server that records bytes and arrival times."""

import asyncio
import socket
import threading
from collections.abc import Callable

import pytest
import uvloop

from common.http.client import ApiClient
from common.http.errors import OutcomeLost, Unreachable, Withdrawn
from common.http.gate import Gate
from common.http.transport import Network
from support.wire import (
    Exchange,
    WireServer,
    body_of,
    complete,
    content_length,
    json_answer,
    wire_server,
)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
BODY = b'{"voucherNumber": "A-1", "remark": "' + b"x" * 700 + b'"}'
CREATED = json_answer(201, b'{"id": "v-1"}')


def created_when_complete(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
    if complete(exchange.data):
        writer.write(CREATED)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_gated_request_is_whole_and_announces_its_length(loop_factory: LoopFactory) -> None:
    async def scenario() -> Exchange:
        async with Network() as network, wire_server(created_when_complete) as server:
            client = ApiClient(network, server.url)
            answer = await client.post_gated("/v1/vouchers", BODY, "application/json", Gate(10))
            assert answer.status == 201
            return server.exchanges[0]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        exchange = runner.run(scenario())
    assert content_length(exchange.data) == len(BODY)
    assert body_of(exchange.data) == BODY
    assert b"transfer-encoding" not in exchange.data.lower()


class Kernel:
    """A server in a thread of its own: it sees what the kernel has while the client stands still."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.seen: list[bytes] = []
        self.all_but_one = threading.Event()

    def serve(self) -> None:
        """Take one request whose last byte comes alone."""
        connection, _ = self.listener.accept()
        with connection:
            while body_of(b"".join(self.seen)) != BODY[:-1]:
                self.seen.append(connection.recv(65536))
            self.all_but_one.set()
            self.seen.append(connection.recv(65536))
            connection.sendall(CREATED)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_all_but_the_last_byte_is_on_the_wire_before_the_gate_opens(loop_factory: LoopFactory) -> None:
    server, was_there = Kernel(), list[bool]()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    gate = Gate(60, on_open=lambda: was_there.append(server.all_but_one.wait(30)))

    async def scenario() -> None:
        async with Network() as network:
            client = ApiClient(network, server.url)
            assert (await client.post_gated("/v1/vouchers", BODY, "application/json", gate)).status == 201

    with server.listener, asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())
    thread.join()
    assert was_there == [True]
    assert server.seen[-1] == BODY[-1:]


async def test_a_late_gate_closes_the_connection_without_the_last_byte(network: Network) -> None:
    now = [0.0]
    gate = Gate(10, clock=lambda: now[0])
    now[0] = 10.5
    async with wire_server(created_when_complete) as server:
        with pytest.raises(Withdrawn):
            await ApiClient(network, server.url).post_gated("/v1/vouchers", BODY, "application/json", gate)
        (exchange,) = server.exchanges
        await asyncio.wait_for(exchange.closed.wait(), 5)
    assert body_of(exchange.data) == BODY[:-1]
    assert not gate.opened


@pytest.mark.parametrize("at", ["first bytes", "complete"])
async def test_a_post_on_a_broken_keep_alive_connection_is_never_sent_again(
    network: Network, at: str
) -> None:
    requests = 0

    def break_the_second(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        after_first = exchange.data.partition(BODY)[2]
        if not after_first and complete(exchange.data):
            requests += 1
            writer.write(CREATED)
        elif after_first and (at == "first bytes" or complete(after_first)):
            requests += 1
            writer.transport.abort()

    async with wire_server(break_the_second) as server:
        client = ApiClient(network, server.url)
        await client.post_gated("/v1/vouchers", BODY, "application/json", Gate(10))
        with pytest.raises((OutcomeLost, Withdrawn)):
            await client.post_gated("/v1/vouchers", BODY, "application/json", Gate(10))
        await asyncio.sleep(0.05)
        assert requests == 2
        assert len(server.exchanges) == 1


async def test_a_plain_post_without_an_answer_is_sent_once_and_unknown(network: Network) -> None:
    def cut(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        if complete(exchange.data):
            writer.transport.abort()

    async with wire_server(cut) as server:
        with pytest.raises(OutcomeLost):
            await ApiClient(network, server.url).post("/v1/vouchers/1/files", BODY, "application/pdf")
        await asyncio.sleep(0.05)
        assert len(server.exchanges) == 1


async def test_a_read_is_repeated_when_the_connection_breaks(network: Network) -> None:
    def answer_the_second(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        if len(server.exchanges) == 1:
            writer.transport.abort()
        else:
            writer.write(json_answer(200, b"{}"))

    async with wire_server(answer_the_second) as server:
        assert (await ApiClient(network, server.url).get("/v1/profile")).content == b"{}"
        assert b"content-length" not in server.exchanges[-1].data.lower()
        assert b"chunked" not in server.exchanges[-1].data.lower()


async def test_nobody_there_is_withdrawn_for_a_gated_write_and_unreachable_for_a_read(
    network: Network, closed_port: int
) -> None:
    client = ApiClient(network, f"http://127.0.0.1:{closed_port}")
    with pytest.raises(Withdrawn):
        await client.post_gated("/v1/vouchers", BODY, "application/json", Gate(10))
    with pytest.raises(Unreachable):
        await client.get("/v1/profile")


async def test_an_answer_before_the_last_byte_keeps_it_from_ever_leaving(network: Network) -> None:
    def busy_at_once(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        writer.write(json_answer(503, b"null"))

    async with wire_server(busy_at_once) as server:
        gate = Gate(0.0)
        with pytest.raises(Withdrawn):
            await ApiClient(network, server.url).post_gated("/v1/vouchers", BODY, "application/json", gate)
        (exchange,) = server.exchanges
        await asyncio.wait_for(exchange.closed.wait(), 5)
        assert body_of(exchange.data) == BODY[:-1]


async def test_redirects_are_not_followed_and_cookies_not_kept(network: Network) -> None:
    def set_cookie_and_redirect(server: WireServer, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 307 Elsewhere\r\nSet-Cookie: tenant=a; Path=/\r\n"
            b"Location: /other\r\nContent-Length: 0\r\n\r\n"
        )

    async with wire_server(set_cookie_and_redirect) as server:
        client = ApiClient(network, server.url)
        for _ in range(2):
            with pytest.raises(OutcomeLost):
                await client.post("/v1/contacts", b"{}", "application/json")
        data = b"".join(exchange.data for exchange in server.exchanges)
        assert data.count(b"POST /v1/contacts") == 2
        assert b"/other" not in data
        assert b"cookie" not in data.lower()
