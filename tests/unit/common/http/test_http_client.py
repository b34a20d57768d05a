"""Retries, credentials, limits and error families of the HTTP client, against one-answer transports."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import stamina

from common.errors import RefusedError
from common.http.client import ApiClient
from common.http.errors import OutcomeLost, RateLimited, ServerTrouble, Unauthorized, Unreachable, Withdrawn
from common.http.gate import Gate
from common.http.multipart import file_form
from common.http.redact import loggable_host, loggable_path
from common.http.retry import retry_after
from common.http.transport import Network, Response
from common.lexware.errors import VoucherRejected, error_for

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class Played:
    """Answers in turn; the last one again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers, self.requests = list(answers), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, **options: object) -> ApiClient:
        return ApiClient(Network(transport=httpx.MockTransport(self)), "http://books", **options)  # type: ignore[arg-type]


class Hasty(httpx.AsyncBaseTransport):
    """Answers without ever reading the body."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer


class Keys:
    """Hands out a new key when the first is refused."""

    def __init__(self, has_newer: bool) -> None:
        self._has_newer, self._key = has_newer, "old"

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    async def refused(self, sent: Mapping[str, str]) -> bool:
        self._key = "new"
        return self._has_newer


class Counting:
    """A limit that counts."""

    def __init__(self) -> None:
        self.reserved, self.refusals, self.taken = 0, list[timedelta | None](), 0

    async def reserve(self) -> None:
        self.reserved += 1

    async def refused(self, wish: timedelta | None) -> timedelta:
        self.refusals.append(wish)
        return timedelta(seconds=3)

    async def accepted(self) -> None:
        self.taken += 1


@pytest.mark.parametrize("trouble", [httpx.ConnectError("no"), httpx.Response(503), httpx.Response(504)])
async def test_a_read_is_retried_through_trouble(trouble: httpx.Response | Exception) -> None:
    played, limit = Played(trouble, trouble, httpx.Response(200, content=b"ok")), Counting()
    assert (await played.client(limit=limit).get("/x")).content == b"ok"
    assert (len(played.requests), limit.reserved, limit.taken) == (3, 3, 1)


async def test_a_read_gives_up_in_the_end() -> None:
    with pytest.raises(ServerTrouble):
        await Played(httpx.Response(500)).client().get("/x")
    with pytest.raises(Unreachable):
        await Played(httpx.ReadTimeout("slow")).client().get("/x")


async def test_a_wish_that_is_too_long_is_handed_on_instead_of_waited_for() -> None:
    played = Played(httpx.Response(503, headers={"Retry-After": "120"}))
    with pytest.raises(ServerTrouble) as trouble:
        await played.client().get("/x")
    assert trouble.value.retry_after == timedelta(seconds=120)
    assert len(played.requests) == 1


@pytest.mark.parametrize("trouble", [httpx.ReadError("cut"), httpx.ConnectTimeout("?"), httpx.Response(500)])
async def test_a_write_is_sent_once_and_unknown(trouble: httpx.Response | Exception) -> None:
    played = Played(trouble)
    with pytest.raises(OutcomeLost):
        await played.client().post("/x", b"{}", "application/json")
    with pytest.raises((OutcomeLost, Withdrawn)):
        await played.client().post_gated("/x", b"{}", "application/json", Gate(10))
    assert len(played.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, b"<html>Access denied</html>", Withdrawn),
        (413, b"", Withdrawn),
        (429, b"slow down", Withdrawn),
        (503, b"null", Withdrawn),
        (201, b"{}", Withdrawn),
        (401, b'{"message": "Unauthorized"}', Unauthorized),
        (429, b'{"message": "Rate limit exceeded"}', RateLimited),
        (406, b'{"IssueList": [{"i18nKey": "missing_entity", "source": "x"}]}', VoucherRejected),
    ],
)
async def test_an_answer_before_the_last_byte_surely_did_nothing_whoever_gives_it(
    status: int, body: bytes, kind: type[Exception]
) -> None:
    gate = Gate(10)
    network = Network(transport=Hasty(httpx.Response(status, content=body)))
    client = ApiClient(network, "http://books", error_for=error_for)
    with pytest.raises(kind):
        await client.post_gated("/v1/vouchers", b"{}", "application/json", gate)
    assert not gate.opened
    with pytest.raises(Withdrawn):
        gate.check()


async def test_a_401_of_somebody_in_between_spends_no_credentials() -> None:
    played, keys = Played(httpx.Response(401, content=b"<html>")), Keys(has_newer=True)
    client = played.client(auth=keys, error_for=error_for)
    with pytest.raises(ServerTrouble):
        await client.get("/v1/profile")
    with pytest.raises(OutcomeLost):
        await client.post("/v1/contacts", b"{}", "application/json")
    assert await keys.headers() == {"Authorization": "Bearer old"}


async def test_a_429_of_somebody_in_between_slows_down_and_leaves_a_write_unknown() -> None:
    limit = Counting()
    client = Played(httpx.Response(429, content=b"<html>")).client(limit=limit, error_for=error_for)
    with pytest.raises(OutcomeLost):
        await client.post("/v1/contacts", b"{}", "application/json")
    with pytest.raises(RateLimited):
        await client.get("/v1/profile")
    assert len(limit.refusals) == 2


@pytest.mark.parametrize("has_newer", [True, False])
async def test_a_refused_read_is_repeated_once_when_there_are_newer_credentials(has_newer: bool) -> None:
    played = Played(httpx.Response(401))
    with pytest.raises(Unauthorized):
        await played.client(auth=Keys(has_newer)).get("/x")
    sent = [request.headers["authorization"] for request in played.requests]
    assert sent == (["Bearer old", "Bearer new"] if has_newer else ["Bearer old"])


async def test_a_refused_write_is_not_repeated_but_its_credentials_are_renewed() -> None:
    played, keys = Played(httpx.Response(401)), Keys(has_newer=True)
    with pytest.raises(Unauthorized):
        await played.client(auth=keys).post_gated("/x", b"{}", "application/json", Gate(10))
    assert len(played.requests) == 1
    assert await keys.headers() == {"Authorization": "Bearer new"}


async def test_a_429_pauses_everybody_and_says_until_when() -> None:
    played, limit = Played(httpx.Response(429, headers={"Retry-After": "7"})), Counting()
    with pytest.raises(RateLimited) as limited:
        await played.client(limit=limit).get("/x")
    assert limited.value.retry_after == timedelta(seconds=3)
    assert limit.refusals == [timedelta(seconds=7)]
    assert len(played.requests) == 1


async def test_a_prepared_write_takes_no_second_slot() -> None:
    played, limit = Played(httpx.Response(201)), Counting()
    client = played.client(limit=limit)
    await client.prepare_write("/x")
    await client.post_gated("/x", b"{}", "application/json", Gate(10))
    await client.post_prepared("/x", b"{}", "application/json")
    assert limit.reserved == 1
    await client.post("/x", b"{}", "application/json")
    assert limit.reserved == 2


async def test_an_oversized_answer_is_not_read() -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1024

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless()))
    with pytest.raises(Unreachable):
        await ApiClient(Network(transport=transport), "http://books").get("/x", max_bytes=4096)


async def test_a_4xx_is_a_refusal() -> None:
    with pytest.raises(RefusedError):
        await Played(httpx.Response(404)).client().get("/x")


def test_a_gate_lets_one_byte_through_in_time_only() -> None:
    now = [0.0]
    gate = Gate(10, clock=lambda: now[0])
    now[0] = 10.0
    gate.check()
    assert gate.opened
    with pytest.raises(Withdrawn):
        gate.check()
    late = Gate(10, clock=lambda: now[0])
    now[0] = 20.1
    for _ in range(2):
        with pytest.raises(Withdrawn):
            late.check()
        now[0] = 10.0
    shut = Gate(10)
    shut.shut()
    with pytest.raises(Withdrawn):
        shut.check()


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("999999", 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("99999999999", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_believed_for_an_hour(wish: str, seconds: int | None) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(Response(503, {"retry-after": wish}, b"")) == wanted


def test_retry_after_is_read_as_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wanted = retry_after(Response(503, {"retry-after": moment}, b""))
    assert wanted is not None
    assert timedelta(seconds=55) < wanted <= timedelta(seconds=60)


def test_logs_show_no_ids_queries_or_passwords() -> None:
    path = "/v1/vouchers/0b6f3f6e-0000-4000-8000-00000000a001/files?email=a@b.example"
    assert loggable_path(path) == "/v1/vouchers/{id}/files"
    assert loggable_host("https://user:secret@books.example:8443/v1") == "books.example:8443"


def test_a_file_form_carries_name_type_and_content() -> None:
    body, content_type = file_form("file", "invoice-1.pdf", b"%PDF", "application/pdf")
    assert content_type.startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="invoice-1.pdf"' in body
    assert b"application/pdf\r\n\r\n%PDF\r\n" in body
