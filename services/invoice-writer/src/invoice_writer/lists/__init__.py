"""How the lists of the books are read, row by row, and what happens when one cannot be read."""

from invoice_writer.lists.keeping import INDEX, PRIMARY, keep_page
from invoice_writer.lists.readings import (
    BooksList,
    BooksUnreadable,
    ListRef,
    ListState,
    Readings,
    note_all_unfit,
    note_unfit,
    stalled_alarm,
    unfit_alarm,
)
from invoice_writer.lists.slices import CHANGES, FILL, ReadingPosition, holds, part_to_json, parts_from_json
from invoice_writer.lists.waiting import readable_again, tries, waiting_for_books, waiting_for_part

__all__ = [
    "CHANGES",
    "FILL",
    "INDEX",
    "PRIMARY",
    "BooksList",
    "BooksUnreadable",
    "ListRef",
    "ListState",
    "ReadingPosition",
    "Readings",
    "holds",
    "keep_page",
    "note_all_unfit",
    "note_unfit",
    "part_to_json",
    "parts_from_json",
    "readable_again",
    "stalled_alarm",
    "tries",
    "unfit_alarm",
    "waiting_for_books",
    "waiting_for_part",
]
