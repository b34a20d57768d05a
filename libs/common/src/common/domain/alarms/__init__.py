"""What a person is told beside the documents: the closed list of alarms and their texts."""

from common.domain.alarms.kinds import AlarmKind
from common.domain.alarms.table import ALARMS, CLOSED_BY_PERSON

__all__ = [
    "ALARMS",
    "CLOSED_BY_PERSON",
    "AlarmKind",
]
