"""What alarms of the installation itself say."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.reasons import ActingParty

SERVICE_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.SERVICE_PART_FAILING: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Ein Teil eines Dienstes arbeitet seit einer Minute nicht; der Rest geht weiter.",
        cause_en="A part of a service has not worked for a minute; the rest goes on.",
        remedy_de="Die Meldung nennt Dienst, Teil, Rechner und was er antwortet; dort nachsehen.",
        remedy_en="It names service, part, host and what the part answers; look there.",
        ends_de="Er schließt sich, sobald der Teil wieder antwortet oder sein Prozess 10 Minuten fort ist.",
        ends_en="It closes when the part answers again or its process has been gone for 10 minutes.",
    ),
    AlarmKind.SECRETS_UNREADABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Gespeicherte Zugangsdaten sind mit einem Schlüssel versiegelt, den ein Dienst nicht hat.",
        cause_en="Stored credentials are sealed with a key that a service does not have.",
        remedy_de="Den fehlenden Schlüssel in ENCRYPTION_KEYS wieder aufnehmen; betroffene Dokumente warten.",
        remedy_en="Put the missing key back into ENCRYPTION_KEYS; the documents concerned wait.",
        ends_de="Er schließt sich, wenn jeder gespeicherte Schlüssel wieder bekannt ist.",
        ends_en="It closes when every key that sealed something is known again.",
    ),
    AlarmKind.TENANT_HALTED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Zu viele Nachrichten eines Händlers konnten nicht verarbeitet werden; er ist angehalten.",
        cause_en="Too many messages of one merchant could not be processed; this merchant is halted.",
        remedy_de="Die Dead Letters ansehen, die Ursache beheben, dann erneut einspielen oder verwerfen.",
        remedy_en="Look at the dead letters, remove the cause, then replay or discard them.",
        ends_de="Er schließt sich, wenn in der letzten Stunde weniger unbearbeitete Dead Letters entstanden.",
        ends_en="It closes when fewer dead letters of the last hour are left open.",
    ),
    AlarmKind.WORKER_HALTED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Nachrichten mehrerer Händler konnten nicht verarbeitet werden; der Dienst ist angehalten.",
        cause_en="Messages of several merchants could not be processed; the service has halted.",
        remedy_de="Vermutlich ist die neue Version schuld: zurückrollen oder berichtigen, neu starten.",
        remedy_en="The release is probably to blame: roll back or fix, restart, then replay.",
        ends_de="Er schließt sich, wenn in der letzten Stunde weniger davon offen sind.",
        ends_en="It closes when fewer of them are open within the last hour.",
    ),
}
