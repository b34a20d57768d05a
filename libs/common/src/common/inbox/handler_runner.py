"""One try of one message: read it, run its handler, and turn whatever happens into an ending."""

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from common.backoff import Backoff
from common.db.trouble import describe, is_trouble
from common.domain.cleaning import storable
from common.domain.stored_words import MessageState
from common.errors import ConnectorError, InvalidMessageError, TransientError, UnknownOutcomeError
from common.events.registry import parse
from common.http.limiter import giving_way
from common.inbox.finish import Ending, Finished, Postponed
from common.inbox.messages import Done, Handler, Later, Message, RawMessage
from common.observability import metrics, tracing
from common.settings import WorkerSettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message that no further try will help; `message` has its event when the payload could be read."""

    raw: RawMessage
    message: Message | RawMessage
    token: UUID
    error: Exception


class HandlerRunner:
    """Runs the handlers of one consumer and knows how long they take."""

    def __init__(self, consumer: str, handlers: Mapping[str, Handler], settings: WorkerSettings) -> None:
        self._consumer, self._handlers, self._settings = consumer, handlers, settings
        # Half fixed, half random: tries spread out, and none comes at once.
        self._backoff = Backoff(settings.backoff_seconds, settings.backoff_limit_seconds, jitter=0.5)
        self.average_seconds = 0.0

    async def run(self, raw: RawMessage, token: UUID) -> Ending | DeadMessage:
        """Try the message once. Returns what becomes of it; never raises what the handler raised."""
        if (handler := self._handlers.get(raw.type)) is None:
            return Finished(raw, token, MessageState.IGNORED)
        started = time.perf_counter()
        context = {"consumer": self._consumer, "tenant_id": str(raw.tenant_id), "event_id": str(raw.event_id)}
        with (
            structlog.contextvars.bound_contextvars(**context),
            giving_way(raw.gives_way),
            tracing.continued(raw.type, raw.headers, attributes=context),
        ):
            ending = await self._run(handler, raw, token)
        seconds = time.perf_counter() - started
        self.average_seconds += (seconds - self.average_seconds) / 16
        metrics.INBOX_HANDLING.labels(self._consumer, raw.type).observe(seconds)
        return ending

    async def _run(self, handler: Handler, raw: RawMessage, token: UUID) -> Ending | DeadMessage:
        message: Message | RawMessage = raw
        try:
            message = Message.of(raw, parse(raw.type, raw.payload))
            match await handler(message):
                case Done():
                    return Finished(raw, token, MessageState.DONE)
                case Later() as later:
                    seconds = later.after.total_seconds()
                    return Postponed(
                        raw, token, seconds, None, raw.failures, why=later.reason, waits_for=later.waits_for
                    )
        except InvalidMessageError as error:
            return DeadMessage(raw, message, token, error)
        except TransientError as error:
            pause = self._backoff.seconds(raw.attempts)
            if error.retry_after:
                pause = error.retry_after.total_seconds()
            return self._failed(raw, token, error, pause, raw.failures)
        except UnknownOutcomeError as error:
            return self._failed(raw, token, error, self._backoff.seconds(raw.attempts), raw.failures)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything, and the line must go on
            if is_trouble(error):
                return self._failed(raw, token, error, self._backoff.seconds(raw.attempts), raw.failures)
            if raw.failures + 1 >= self._settings.max_attempts:
                return DeadMessage(raw, message, token, error)
            log.warning(
                "inbox.handler_failed", type=raw.type, error=explain(error), attempts=raw.attempts + 1
            )
            return self._failed(raw, token, error, self._backoff.seconds(raw.failures), raw.failures + 1)

    def _failed(
        self, raw: RawMessage, token: UUID, error: Exception, seconds: float, failures: int
    ) -> Postponed:
        metrics.INBOX_FAILED_TRIES.labels(self._consumer, type(error).__name__).inc()
        breaker_id = error.waits_for if isinstance(error, ConnectorError) else None
        return Postponed(raw, token, seconds, explain(error), failures, waits_for=breaker_id)


def explain(error: Exception) -> str:
    """What to keep of an error: our own words, or class and place; a foreign message may hold data."""
    if isinstance(error, ConnectorError):
        return storable(f"{error.code}: {error}"[:500])
    if isinstance(error, DBAPIError):
        return describe(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {'/'.join(frames[-1].filename.split('/')[-2:])}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
