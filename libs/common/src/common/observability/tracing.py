"""Traces across services: where they begin, what a row carries, and how a worker goes on with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST = 512  # what a caller says of its own trace goes no farther when it is longer

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("common")  # of whatever provider is set later


def start(service: str) -> None:
    """Give every span of this process an id; an exporter may be added to the provider, none is needed."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider(resource=Resource({SERVICE_NAME: service})))


def current_headers() -> dict[str, str]:
    """`traceparent` of the span that is open now, and a short `tracestate`; empty when none is."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return {name: value for name, value in carrier.items() if len(value) <= LONGEST}


def current_trace_id() -> str | None:
    """The id of the trace that is open now."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


@contextmanager
def begun(name: str) -> Iterator[None]:
    """Inside, a span is open: a child of the one outside, or the first of a new trace."""
    with _tracer.start_as_current_span(name):
        yield


@contextmanager
def continued(
    name: str,
    headers: Mapping[str, str],
    kind: SpanKind = SpanKind.CONSUMER,
    attributes: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Inside, a span is open that belongs to the trace the headers came from."""
    context = _propagator.extract(dict(headers))
    with _tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes):
        yield


class TraceRequests:
    """Opens a span for each HTTP request, in the caller's trace when it sends one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request inside its span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with continued(f"HTTP {scope['method']}", headers, SpanKind.SERVER):
            await self._app(scope, receive, send)
