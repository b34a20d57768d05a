"""What the alarms about waiting that has lasted too long say to a person."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.reasons import ActingParty

WAITING_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.WRITE_UNSETTLED: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Seit einer Stunde ist nicht festzustellen, ob Lexware Office die genannten Belege hat.",
        cause_en="For an hour it could not be found out whether the books have the vouchers named here.",
        remedy_de="Die Nummern in Lexware Office suchen und am Dokument wählen: übernehmen oder buchen.",
        remedy_en="Look for the numbers in Lexware Office and choose at the document: adopt or book.",
        ends_de="Er schließt sich, wenn jeder Beleg gefunden, als fehlend erkannt oder entschieden ist.",
        ends_en="It closes when each voucher was found, proved to be missing or decided about.",
    ),
    AlarmKind.WORK_DELAYED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Nachrichten eines Händlers kommen in einem Dienst seit über einer Stunde nicht voran.",
        cause_en="Messages of one merchant have made no progress in a service for over an hour.",
        remedy_de="Genannt ist, wie viele und woran sie zuletzt scheiterten; dort ansetzen.",
        remedy_en="It says how many and what they met last; begin there.",
        ends_de="Er schließt sich, sobald keine Nachricht mehr so lange wartet.",
        ends_en="It closes as soon as no message has waited that long.",
    ),
    AlarmKind.FILES_DELAYED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Dateien gebuchter Belege sind seit einem Tag nicht in Lexware Office angekommen.",
        cause_en="Files of booked vouchers have not arrived in Lexware Office for a day.",
        remedy_de="Es wird weiter versucht; `file/attach` am Dokument versucht es sofort.",
        remedy_en="They are tried again and again; `file/attach` at one named here tries it at once.",
        ends_de="Er schließt sich, wenn jede da oder abgelehnt ist, oder die Verbindung außer Gebrauch.",
        ends_en="It closes when each has arrived or was refused, or the connection is out of use.",
    ),
}
