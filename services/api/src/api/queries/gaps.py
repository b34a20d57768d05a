"""Numbers missing between the documents of a shop (R11): a warning, never a reason to hold anything."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    joined = _joined_as_grown(series)
    return [_range(kind, key, found) for key, found in sorted(joined.items(), key=_order)]


def _width(digits: str) -> int | None:
    return len(digits) if digits.startswith("0") else None


def _joined_as_grown(series: Mapping[Series, set[int]]) -> dict[Series, set[int]]:
    """`0999` is followed by `1000`: what has no leading zero any more goes on in the padded range."""
    joined: dict[Series, set[int]] = defaultdict(set)
    for (prefix, width), found in series.items():
        for number in found:
            padded = (prefix, len(str(number)) if width is None else width)
            joined[padded if padded in series else (prefix, width)].add(number)
    return joined


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
