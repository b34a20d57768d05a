"""Workers that stop at every await and go on when told to, so that every interleaving can be reached."""

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

ResultT = TypeVar("ResultT")


class Step:
    """One point at which a worker stands still until it is told to go on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __await__(self) -> Generator[str, None, None]:
        yield self.name


async def pause(name: str) -> None:
    """Stand still here."""
    await Step(name)


class Stepped(ABC, Generic[ResultT]):
    """A process that begins the same work again and again, and may stand still or die anywhere."""

    def __init__(self) -> None:
        self._work: Coroutine[Any, Any, ResultT] | None = None
        self.at: str | None = None
        self.result: ResultT | None = None

    @abstractmethod
    def begin(self) -> Coroutine[Any, Any, ResultT]:
        """The work from its start."""

    @property
    def idle(self) -> bool:
        return self._work is None

    def step(self) -> None:
        """Go on to the next point, or begin."""
        if self._work is None:
            self._work, self.result = self.begin(), None
        try:
            self.at = self._work.send(None)
        except StopIteration as end:
            self._work, self.at, self.result = None, None, end.value

    def crash(self) -> None:
        """End in the middle; nothing it holds is given back."""
        if self._work is not None:
            self._work.close()
        self._work, self.at = None, None

    def run(self, to: str = "answer") -> None:
        """Go on until that point, or until there is an answer to wait for, or to the end."""
        self.step()
        while not self.idle and self.at not in (to, "answer"):
            self.step()
