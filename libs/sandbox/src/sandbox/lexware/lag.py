"""Documents whose readers may still see the past, as those of a replica or a search index do."""

from collections import deque
from collections.abc import Callable

from sandbox.clock import Clock
from sandbox.store import Collection, Document


class LaggedDocuments:
    """A collection that remembers what each document was for as long as the longest lag."""

    def __init__(self, collection: Collection, clock: Clock, longest_lag: Callable[[], float]) -> None:
        self._collection, self._clock, self._longest_lag = collection, clock, longest_lag
        self._past: dict[str, list[tuple[float, Document | None]]] = {}
        self._changes: deque[tuple[float, str]] = deque()

    def current(self, key: str) -> Document | None:
        """Return the document as it truly is."""
        return self._collection.get(key)

    def values(self) -> list[Document]:
        """Return all documents as they truly are."""
        return self._collection.values()

    def put(self, key: str, document: Document) -> None:
        """Commit a document; readers with a lag see it later."""
        self._remember(key, document)
        self._collection.put(key, document)

    def delete(self, key: str) -> None:
        """Commit the end of a document; readers with a lag see it a while longer."""
        self._remember(key, None)
        self._collection.delete(key)

    def as_of(self, key: str, lag: float) -> Document | None:
        """Return the document as it was so many sandbox seconds ago, or None."""
        past = self._past.get(key)
        if past is None or lag <= 0:
            return self._collection.get(key)
        moment = self._clock.elapsed() - lag
        for committed_at, document in reversed(past):
            if committed_at <= moment:
                return document
        return None

    def forget(self) -> None:
        """Forget the past."""
        self._past.clear()
        self._changes.clear()

    def _remember(self, key: str, document: Document | None) -> None:
        lag = self._longest_lag()
        if lag <= 0:
            self._past.pop(key, None)
            return
        now = self._clock.elapsed()
        self._prune(now - lag)
        past = self._past.get(key)
        if past is None:
            past = self._past[key] = [(float("-inf"), self._collection.get(key))]
        past.append((now, document))
        self._changes.append((now, key))

    def _prune(self, moment: float) -> None:
        while self._changes and self._changes[0][0] <= moment:
            _, key = self._changes.popleft()
            past = self._past.get(key)
            if past is not None and past[-1][0] <= moment:
                del self._past[key]
