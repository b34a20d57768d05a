"""What the alarms about waiting that has lasted too long say to a person."""

from collections.abc import Mapping

from common.domain.alarm_kinds import AlarmKind, AlarmText
from common.domain.reason_codes import Who

WAITING_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.WRITE_UNSETTLED: AlarmText(
        who=Who.MERCHANT,
        cause_de="Seit einer Stunde ist nicht festzustellen, ob Lexware Office die genannten Belege hat.",
        cause_en="For an hour it could not be found out whether the books have the vouchers named here.",
        remedy_de="Die Nummern in Lexware Office suchen und am Dokument wählen: übernehmen oder buchen.",
        remedy_en="Look for the numbers in Lexware Office and choose at the document: adopt or book.",
        ends_de="Er schließt sich, wenn jeder Beleg gefunden, als fehlend erkannt oder entschieden ist.",
        ends_en="It closes when each voucher was found, proved to be missing or decided about.",
    ),
}
