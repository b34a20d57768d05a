"""Which body of a 4xx is Lexware's own word, and what it says; everything else is somebody in between."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from common.http.transport import Response
from common.lexware.wire import read_json

ISSUES_SHOWN = 20
LONGEST_TEXT = 200
GATEWAY_STATUSES = frozenset({401, 402, 403, 404, 429})
OAUTH_STATUSES = frozenset({400, 401})
OAUTH_FIELDS = frozenset({"error", "error_description", "error_uri"})


class Shape(StrEnum):
    """The bodies Lexware answers a 4xx with."""

    REGULAR = "regular"  # of invoices, profile, voucherlist and most others
    LEGACY = "legacy"  # a list of issues, of vouchers, contacts and files
    FLAT = "flat"  # one issue without its list, of files only
    BARE = "bare"  # a JSON string, of files only
    GATEWAY = "gateway"  # only a message: the gateway speaks of the connection


class Issue(BaseModel):
    """One thing Lexware objects to: its machine key, where, and of what kind."""

    model_config = ConfigDict(frozen=True)

    key: str | None = None
    source: str | None = None
    type: str | None = None

    def __str__(self) -> str:
        return f"{self.key or 'unknown'} ({self.source})" if self.source else self.key or "unknown"


@dataclass(frozen=True, slots=True)
class Word:
    """What Lexware itself answered; `text` may be German and hold data, so it goes into no log."""

    shape: Shape
    issues: tuple[Issue, ...] = ()
    text: str | None = None
    request_id: str | None = None


def word_of(path: str, response: Response) -> Word | None:
    """Lexware's word in an answer with 4xx; None when its body is of none of Lexware's shapes."""
    body = _json(response.content)
    if isinstance(body, str) and body.strip() and _is_of_files(path):
        return Word(Shape.BARE, text=body[:LONGEST_TEXT], request_id=response.request_id)
    if not isinstance(body, dict):
        return None
    shape = _shape(path, response.status, body)
    if shape is None:
        return None
    request_id = _text(body, "requestId") or _text(body, "traceId") or response.request_id
    return Word(shape, _issues(shape, body), _text(body, "message"), request_id)


def oauth_error_of(response: Response) -> str | None:
    """The error code of the token endpoint; None when the body is not one of RFC 6749."""
    body = _json(response.content)
    if response.status not in OAUTH_STATUSES or not isinstance(body, dict):
        return None
    return _text(body, "error") if OAUTH_FIELDS.issuperset(body) else None


def _shape(path: str, status: int, body: Mapping[str, Any]) -> Shape | None:
    if _are_issues(body.get("IssueList")):
        return Shape.LEGACY
    if _is_regular(status, body):
        return Shape.REGULAR
    if _is_of_files(path) and _is_issue(body) and _text(body, "type"):
        return Shape.FLAT
    if status in GATEWAY_STATUSES and set(body) == {"message"} and _text(body, "message"):
        return Shape.GATEWAY
    return None


def _is_regular(status: int, body: Mapping[str, Any]) -> bool:
    """Frameworks of others answer alike, but not with our status, their path and a time at once."""
    named = all(_text(body, name) for name in ("timestamp", "error", "path"))
    return named and not isinstance(body.get("status"), bool) and str(body.get("status")) == str(status)


def _are_issues(listed: Any) -> bool:
    return isinstance(listed, list) and bool(listed) and all(map(_is_issue, listed))


def _is_issue(entry: Any) -> bool:
    return _text(entry, "i18nKey") is not None


def _issues(shape: Shape, body: Mapping[str, Any]) -> tuple[Issue, ...]:
    if shape is Shape.REGULAR:
        details = body.get("details")
        return _read(details if isinstance(details, list) else (), "violation", "field", kind="regular")
    return _read(body["IssueList"] if shape is Shape.LEGACY else (body,), "i18nKey", "source")


def _read(entries: Collection[Any], key: str, source: str, *, kind: str | None = None) -> tuple[Issue, ...]:
    issues = (
        Issue(key=_text(entry, key), source=_text(entry, source), type=kind or _text(entry, "type"))
        for entry in list(entries)[:ISSUES_SHOWN]
    )
    return tuple(issue for issue in issues if issue.key or issue.source)


def _is_of_files(path: str) -> bool:
    return path.endswith("/files") or path.startswith("/v1/files")


def _json(content: bytes) -> Any:
    try:
        return read_json(content)
    except (ValueError, RecursionError):
        return None


def _text(body: Any, name: str) -> str | None:
    value = body.get(name) if isinstance(body, dict) else None
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None
