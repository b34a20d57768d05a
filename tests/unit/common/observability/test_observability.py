"""What may reach a log line, how an error is shown, and how a trace goes on."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from common.errors import ConnectorError, TransientError
from common.observability import metrics, tracing
from common.observability.health import Heartbeat
from common.observability.logging import HIDDEN, configure_logging, is_private


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process logs as JSON; logging is as before afterwards."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(format="json", level="INFO")
    yield written
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "billing_address",
        "firstName",
        "access_token",
        "Authorization",
        "body",
        "iban",
        "webhook_secret",
        "phone",
    ],
)
def test_private_fields_are_hidden(name: str) -> None:
    assert is_private(name)


@pytest.mark.parametrize(
    "name", ["tenant_id", "voucher_id", "attempt", "event", "token_id", "content_hash", "seconds"]
)
def test_fields_that_operators_need_are_shown(name: str) -> None:
    assert not is_private(name)


def test_private_values_are_hidden_at_any_depth(stderr: io.StringIO) -> None:
    order = {"number": "R1", "customer": {"email": "erika@example.org", "lines": [{"street": "Weg 1"}]}}
    structlog.get_logger().info("order.seen", order=order, api_key="k-1")
    line = json.loads(stderr.getvalue())
    assert (line["event"], line["order"]["number"], line["api_key"]) == ("order.seen", "R1", HIDDEN)
    assert "erika" not in stderr.getvalue()
    assert "Weg 1" not in stderr.getvalue()


def test_an_exception_shows_class_and_place_but_no_foreign_message(stderr: io.StringIO) -> None:
    try:
        try:
            int("Erika Mustermann")
        except ValueError as error:
            raise TransientError("books are away") from error
    except ConnectorError:
        structlog.get_logger().exception("call.failed")
    shown = json.loads(stderr.getvalue())["exception"]
    assert "TransientError: books are away" in shown
    assert "ValueError" in shown
    assert "test_observability.py" in shown
    assert "Erika" not in shown


def test_lines_of_libraries_have_the_same_form(stderr: io.StringIO) -> None:
    logging.getLogger("somewhere").warning("disk %s is full", "sda")
    line = json.loads(stderr.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("disk sda is full", "warning", "somewhere")


def test_lines_below_the_level_are_dropped(stderr: io.StringIO) -> None:
    structlog.get_logger().debug("noise")
    assert stderr.getvalue() == ""


def test_a_trace_goes_on_where_its_headers_arrive() -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("webhook") as span:
        headers = tracing.current_headers()
    assert tracing.current_headers() == {}
    with tracing.continued("handler", headers):
        inside = trace.get_current_span().get_span_context()
    assert inside.trace_id == span.get_span_context().trace_id


@pytest.mark.parametrize(("length", "is_passed_on"), [(200, True), (800, False)])
def test_what_a_caller_says_of_its_trace_is_passed_on_only_while_short(
    length: int, is_passed_on: bool
) -> None:
    state = ",".join(f"vendor{number}=" + "x" * 200 for number in range(length // 200))
    caller = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": state}
    with tracing.continued("request", caller):
        headers = tracing.current_headers()
    assert headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert ("tracestate" in headers) is is_passed_on


def test_headers_that_are_no_trace_begin_a_new_one() -> None:
    tracing.start("a service")
    traces = set()
    for _ in range(2):
        with tracing.continued("handler", {"traceparent": "nonsense"}):
            traces.add(tracing.current_headers()["traceparent"].split("-")[1])
    assert len(traces) == 2


def test_a_loop_that_fell_silent_is_noticed() -> None:
    heartbeat = Heartbeat(silent_seconds=0.0)
    assert not heartbeat.stopped
    heartbeat.beat()
    assert heartbeat.stopped


def test_every_metric_names_its_part_and_says_what_it_counts() -> None:
    collectors = [
        value for name, value in vars(metrics).items() if name.isupper() and hasattr(value, "collect")
    ]
    families = [family for collector in collectors for family in collector.collect()]
    assert len(families) > 10
    parts = {
        "relay",
        "transport",
        "inbox",
        "runtime",
        "ingest",
        "writer",
        "effects",
        "lexware",
        "http",
        "api",
        "transit",
    }
    assert {family.name.split("_")[0] for family in families} <= parts
    assert [family.name for family in families if not family.documentation.endswith(".")] == []
