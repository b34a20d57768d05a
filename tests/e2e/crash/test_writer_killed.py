"""A writer killed at any step leaves exactly one voucher and one file per document."""

import pytest

from e2e.crash.line import CrashLine
from support.crashing_roles import AT_GATE, BEFORE_INBOX, BEFORE_OFFSETS, Fate

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

STEPS = (
    "before_claim",
    "after_arm",
    AT_GATE,
    "gate_last_byte",
    "after_post",
    "before_bind",
    "after_bind",
    "before_file",
    "after_file",
)
MOMENTS = (3, 16, 9, 16, 12)  # each writer reaches the step this often


@pytest.mark.parametrize("step", STEPS)
async def test_each_document_is_in_the_books_once_when_writers_are_killed_at(
    line: CrashLine, step: str
) -> None:
    await line.writers_die([Fate(step, at) for at in MOMENTS])
    await line.verify()


@pytest.mark.parametrize("step", [BEFORE_INBOX, BEFORE_OFFSETS])
async def test_nothing_is_lost_when_a_reader_is_killed_between_broker_and_inbox(
    line: CrashLine, step: str
) -> None:
    """The broker gives the next writer the partitions only after missing the dead one for a while."""
    await line.issue()
    await line.writers_die([Fate(step, 1)])
    await line.verify()
