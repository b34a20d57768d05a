"""What the writer needs from whoever knows which VAT ids are in use."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class VatAnswer:
    """A definite answer about one VAT id, with the authority's own bytes as proof."""

    vat_id: str
    is_valid: bool
    proof: bytes
    source: str
    request_id: str | None = None


class VatIdChecker(Protocol):
    """A place that can be asked; it never takes silence for an answer."""

    async def check(self, vat_id: str, *, asked_by: str | None = None) -> VatAnswer:
        """Ask whether the id is in use now; `asked_by` is the VAT id of the merchant who wants to know.

        Raises `TransientError` when no answer could be had and `RefusedError` when we may not ask.
        """
