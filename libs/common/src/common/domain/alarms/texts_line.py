"""What the alarms of the line between the services say to a person."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.reasons import ActingParty

LINE_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.EVENT_REFUSED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Der Broker lehnt eine Nachricht ab; ihr Dokument ist solange geparkt (internal_error).",
        cause_en="The broker refuses a message; its document is parked as internal_error meanwhile.",
        remedy_de="Den genannten Fehler beheben (Größengrenze, Rechte oder fehlendes Topic des Brokers).",
        remedy_en="Cure the error named here (the broker's size limit, rights or a missing topic).",
        ends_de="Er schließt sich, sobald die Nachricht angenommen ist; es wird jede Minute neu versucht.",
        ends_en="It closes as soon as the message is taken; it is tried again every minute.",
    ),
    AlarmKind.MESSAGE_BURIED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Eine Nachricht passt nicht in den Eingang eines Dienstes und wurde beiseitegelegt.",
        cause_en="A message does not fit into the inbox of a service and was put aside.",
        remedy_de="Fehler melden; eine neue Version liest sie beim Start erneut, ebenso ein `replay`.",
        remedy_en="Report the error; a new release reads it again when it starts, and so does `replay`.",
        ends_de="Er schließt sich, wenn die Nachricht angenommen oder mit `discard` aufgegeben ist.",
        ends_en="It closes when the message is taken, or given up by `discard`.",
    ),
    AlarmKind.MESSAGES_MISSED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Nachrichten wurden vom Broker gelöscht, bevor ein Dienst sie gelesen hat.",
        cause_en="The broker deleted messages before a service had read them.",
        remedy_de="`python -m common.transport.repair resend DIENST` sendet sie erneut (30 Tage lang).",
        remedy_en="`python -m common.transport.repair resend SERVICE` sends them again (for 30 days).",
        ends_de="Er schließt sich, wenn der Dienst alles hat, was noch gesendet werden kann.",
        ends_en="It closes when the service has everything that can still be sent.",
    ),
    AlarmKind.ORDER_GAP: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Einer Nachricht fehlt die vorhergehende ihrer Bestellung; sie wurde ohne sie verarbeitet.",
        cause_en="A message lacks the one before it of its order; it was worked without it.",
        remedy_de="`python -m common.transport.repair resend DIENST` sendet nach, was noch da ist.",
        remedy_en="`python -m common.transport.repair resend SERVICE` sends again what is still there.",
        ends_de="Er schließt sich, wenn alles Fehlende da ist, sonst nach 30 Tagen.",
        ends_en="It closes when all that was missing has come, else after 30 days.",
    ),
}
