"""Traces across services: what a row carries, and how a worker goes on with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"

_propagator = TraceContextTextMapPropagator()


def current_headers() -> dict[str, str]:
    """`traceparent` of the span that is open now; empty when none is."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier


@contextmanager
def continued(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Inside, a span is open that belongs to the trace the headers came from."""
    context = _propagator.extract(dict(headers))
    with trace.get_tracer("common").start_as_current_span(name, context=context, kind=SpanKind.CONSUMER):
        yield
