"""Log lines are events with fields; what could name a person or open a door never reaches them."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import structlog

from common.errors import ConnectorError
from common.observability.printable import only_printable
from common.observability.tracing import current_trace_id

HIDDEN = "[hidden]"
# Parts of field names whose values stay out of every log line.
PRIVATE_PARTS = (
    "address", "api_key", "apikey", "authorization", "bank", "birth", "body", "city", "company",
    "contact", "content", "cookie", "credential", "customer_name", "email", "first_name", "firstname",
    "full_name", "iban", "last_name", "lastname", "mail", "password", "payload", "phone", "postal",
    "remark", "secret", "signature", "street", "token", "vat_id", "zip",
)  # fmt: skip
ALLOWED_FIELDS = frozenset(
    {"token_id", "lease_token", "content_hash", "content_type", "contact_id", "address_count"}
)
NESTED_LIMIT = 4


def configure_logging(*, format: str = "json", level: str = "INFO") -> None:
    """Send every log line of this process, also those of libraries, to stderr in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
        hide_private,
        show_exception,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if format == "json" else [only_printable]),  # JSON escapes by itself
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn.access", "aiokafka", "sqlalchemy.engine", "httpx", "aiosqlite"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def add_trace(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace the line belongs to."""
    if trace_id := current_trace_id():
        fields["trace_id"] = trace_id
    return fields


def hide_private(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of fields whose name says that they are private."""
    for name, value in list(fields.items()):
        fields[name] = HIDDEN if is_private(name) else _hide_inside(value, NESTED_LIMIT)
    return fields


def show_exception(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by classes and places; foreign messages may quote what they choked on."""
    info = fields.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        fields["exception"] = _story(error)
    return fields


@lru_cache(maxsize=1000)
def is_private(name: str) -> bool:
    """Whether values of this field stay out of the log."""
    lowered = name.lower().replace("-", "_")
    return lowered not in ALLOWED_FIELDS and any(part in lowered for part in PRIVATE_PARTS)


def _story(error: BaseException) -> str:
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        said = f": {seen}" if isinstance(seen, ConnectorError) else ""
        frames = "".join(
            f"\n  {frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(seen.__traceback__)
        )
        parts.append(f"{type(seen).__module__}.{type(seen).__qualname__}{said}{frames}")
        if isinstance(seen, BaseExceptionGroup):
            parts += [_story(inner) for inner in seen.exceptions]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\ncaused by ".join(parts)


def _hide_inside(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        if not depth:
            return HIDDEN
        return {
            key: HIDDEN if is_private(str(key)) else _hide_inside(inner, depth - 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hide_inside(inner, depth - 1) for inner in value] if depth else HIDDEN
    return value
