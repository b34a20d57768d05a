"""Every kind of alarm with its cause, remedy and what ends it; docs/alarms.md is this table on paper."""

from collections.abc import Mapping
from types import MappingProxyType

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.alarms.texts import BOOKS_ALARMS, LINK_ALARMS, SHOP_ALARMS
from common.domain.alarms.texts_line import LINE_ALARMS
from common.domain.alarms.texts_reading import READING_ALARMS
from common.domain.alarms.texts_service import SERVICE_ALARMS
from common.domain.alarms.texts_tax import TAX_ALARMS
from common.domain.alarms.texts_waiting import WAITING_ALARMS

__all__ = ["ALARMS", "CLOSED_BY_PERSON", "AlarmKind", "AlarmText", "alarms_page"]

_TEXTS = {
    **BOOKS_ALARMS,
    **READING_ALARMS,
    **SHOP_ALARMS,
    **SERVICE_ALARMS,
    **TAX_ALARMS,
    **LINE_ALARMS,
    **LINK_ALARMS,
    **WAITING_ALARMS,
}
AS_SEEN = "somebody closes it as seen"
CLOSED_BY_PERSON = frozenset(kind for kind, text in _TEXTS.items() if AS_SEEN in text.ends_en)
ALARMS: Mapping[AlarmKind, AlarmText] = MappingProxyType({kind: _TEXTS[kind] for kind in AlarmKind})

_INTRODUCTION = """\
# Alarms

What a person has to look at beside parked documents. `GET /api/v1/alarms` lists them with their evidence,
`GET /api/v1/alarm-kinds` is this list; alarms of the installation belong to no merchant and are shown to
operators only. One alarm is open per kind and subject; the check that opened it closes it when its cause is
gone. Made from the table in the code: `python -m common.domain.alarms > docs/alarms.md`.
"""


def alarms_page() -> str:
    """The page for people: one section per kind, in the order of the list."""
    return "\n".join([_INTRODUCTION, *(_section(kind, text) for kind, text in ALARMS.items())])


def _section(kind: AlarmKind, text: AlarmText) -> str:
    return (
        f"## `{kind.value}`\n\n"
        f"Who acts: {text.who.value}\n\n"
        "| | Cause | Remedy | Ends |\n| --- | --- | --- | --- |\n"
        f"| de | {text.cause_de} | {text.remedy_de} | {text.ends_de} |\n"
        f"| en | {text.cause_en} | {text.remedy_en} | {text.ends_en} |\n"
    )
