"""Vouchers of ours that came through another connection or tenant: which of them are the same document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from common.db.engine import Database
from common.domain.stored_words import AttemptState
from common.effects.numbered import Elsewhere, Numbered
from common.effects.sql_numbers import effects_of_markers
from invoice_writer.keys import marker_in, names_order

Kind = Literal["same", "on_their_way", "foreign"]


class Others(Protocol):
    """Knows the vouchers that effects of ours stand for."""

    async def same(self, mine: Numbered, remarks: Mapping[str, str | None]) -> Sequence[str]:
        """Those of these vouchers with a marker of ours that stand for this very document."""


@dataclass(frozen=True, slots=True)
class MarkedVouchers:
    """Vouchers with markers of other effects, by what is known of those.

    `same`: they stand for this very document. `on_their_way`: so they do, and their effect will say so
    itself. `foreign`: nobody here knows their marker, and their remark names another order.
    """

    same: Sequence[str] = ()
    on_their_way: Sequence[str] = ()
    foreign: Sequence[str] = ()


class OtherEffects:
    """Looks markers up in the database, over all tenants: the organization's books are the same."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def same(self, mine: Numbered, remarks: Mapping[str, str | None]) -> Sequence[str]:
        """A known marker says which document it is; else the order in the remark does."""
        told = await self.told_apart(mine, remarks)
        return [*told.same, *told.on_their_way]

    async def told_apart(self, mine: Numbered, remarks: Mapping[str, str | None]) -> MarkedVouchers:
        """These vouchers, sorted; another document's are left out."""
        if not remarks:
            return MarkedVouchers()
        markers = {voucher_id: marker_in(remark) or "" for voucher_id, remark in remarks.items()}
        async with self._db.reading.of_all_tenants() as session:
            known = await effects_of_markers(session, sorted(set(markers.values())))
        kinds = {key: _kind_of(mine, known.get(markers[key]), remark) for key, remark in remarks.items()}

        def of(kind: Kind) -> list[str]:
            return [key for key, one in kinds.items() if one == kind]

        return MarkedVouchers(same=of("same"), on_their_way=of("on_their_way"), foreign=of("foreign"))


def _kind_of(mine: Numbered, other: Elsewhere | None, remark: str | None) -> Kind | None:
    if other is None:
        return "same" if names_order(remark, mine.order_number or "") else "foreign"
    if not other.numbered.is_same_document(mine):
        return None
    return "on_their_way" if other.state == AttemptState.OPEN else "same"


class _Nobody:
    async def same(self, mine: Numbered, remarks: Mapping[str, str | None]) -> Sequence[str]:
        """Without a database nobody is known."""
        return ()


NOBODY: Others = _Nobody()
