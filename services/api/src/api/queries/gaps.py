"""Numbers missing between the documents of a shop (R11): a warning, never a reason to hold anything."""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.gaps import Gap, GapsRead, NumberRange
from common.db.models.core import ConnectionRow
from common.db.models.ingest import DocumentRow
from common.domain.documents import DocumentType

COUNTED = re.compile(r"(?P<prefix>.*?)(?P<digits>[0-9]{1,18})", re.DOTALL)
MOST_GAPS = 100

Series = tuple[str, int | None]


async def read_gaps(session: AsyncSession, connection: ConnectionRow) -> GapsRead:
    """Read every range of the connection's numbers, per type and common prefix, with what is missing."""
    query = select(DocumentRow.type, DocumentRow.number).where(
        DocumentRow.connection_id == connection.connection_id, DocumentRow.tenant_id == connection.tenant_id
    )
    numbers: dict[str, list[str]] = defaultdict(list)
    for row in (await session.execute(query)).all():
        numbers[row.type].append(row.number)
    ranges = [found for kind in sorted(numbers) for found in find_ranges(DocumentType(kind), numbers[kind])]
    return GapsRead(
        connection_id=connection.connection_id, missing=sum(found.missing for found in ranges), ranges=ranges
    )


def find_ranges(kind: DocumentType, numbers: Iterable[str]) -> list[NumberRange]:
    """Ranges by prefix; numbers with leading zeros count together with others of the same length only."""
    series: dict[Series, set[int]] = defaultdict(set)
    for number in numbers:
        counted = COUNTED.fullmatch(number.strip())
        if counted is not None:
            digits = counted["digits"]
            series[counted["prefix"], _width(digits)].add(int(digits))
    _join_grown(series)
    return [_range(kind, key, found) for key, found in sorted(series.items(), key=_order)]


def _width(digits: str) -> int | None:
    return len(digits) if digits.startswith("0") else None


def _join_grown(series: dict[Series, set[int]]) -> None:
    """`0999` is followed by `1000`: what has no leading zero any more goes on in the padded range."""
    for prefix, width in [key for key in series if key[1] is not None]:
        plain = series.get((prefix, None), set())
        grown = {number for number in plain if len(str(number)) == width}
        series[prefix, width] |= grown
        plain -= grown
    for key in [key for key, found in series.items() if not found]:
        del series[key]


def _order(item: tuple[Series, Any]) -> tuple[str, int]:
    (prefix, width), _ = item
    return prefix, width or 0


def _range(kind: DocumentType, key: Series, found: set[int]) -> NumberRange:
    prefix, width = key
    present = sorted(found)

    def written(number: int) -> str:
        return f"{prefix}{number:0{width or 0}d}"

    gaps = [
        Gap(first=written(before + 1), last=written(after - 1), count=after - before - 1)
        for before, after in pairwise(present)
        if after - before > 1
    ]
    return NumberRange(
        type=kind,
        first=written(present[0]),
        last=written(present[-1]),
        documents=len(present),
        missing=sum(gap.count for gap in gaps),
        gaps=gaps[:MOST_GAPS],
    )
