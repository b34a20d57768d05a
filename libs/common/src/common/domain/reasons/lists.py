"""Closed lists of reasons, one per subject, and the one table that they make together."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from common.domain.reasons.codes import WriteReason
from common.domain.reasons.text import ReasonText

CodeT = TypeVar("CodeT", bound=StrEnum)


class ListNotClosed(ValueError):
    """A reason has no words, or two, or says two things; raised while the lists are imported."""


def closed_list(codes: type[CodeT], *texts: Mapping[CodeT, ReasonText]) -> Mapping[CodeT, ReasonText]:
    """Every reason of a subject with its words, in the order of `codes`.

    Raises ListNotClosed when a reason has no words or two, or when the subject cannot say how a write ended.
    """
    given = [code for part in texts for code in part]
    twice = sorted({code.value for code in given if given.count(code) > 1})
    if twice:
        raise ListNotClosed(f"{codes.__name__}: worded twice: {', '.join(twice)}")
    words = {code.value for code in codes}
    missing = sorted(words - {code.value for code in given} | {word.value for word in WriteReason} - words)
    if missing:
        raise ListNotClosed(f"{codes.__name__}: not worded: {', '.join(missing)}")
    worded = {code: text for part in texts for code, text in part.items()}
    return MappingProxyType({code: worded[code] for code in codes})


def one_table(*lists: Mapping[Any, ReasonText]) -> Mapping[str, ReasonText]:
    """The lists one behind the other, by the word that is stored and shown.

    Subjects may share a word, which then says the same of both. Raises ListNotClosed when it does not.
    """
    table: dict[str, ReasonText] = {}
    for texts in lists:
        for code, text in texts.items():
            if table.setdefault(code.value, text) != text:
                raise ListNotClosed(f"{type(code).__name__}: {code.value} says something else elsewhere")
    return MappingProxyType(table)
