"""What alarms about tax say to a person: the voucher stands, but what it stands on has changed."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.alarms.texts import BY_PERSON_DE, BY_PERSON_EN
from common.domain.reasons import ActingParty

TAX_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.VAT_ID_VALID_AFTER_BOOKING: AlarmText(
        who=ActingParty.ADVISER,
        cause_de="Ein Dokument mit ausgewiesener Steuer wurde gebucht, ehe die Behörde antwortete; jetzt "
        "nennt sie die USt-IdNr. des Käufers gültig.",
        cause_en="A document with VAT shown was booked before the authority answered; now it calls the "
        "buyer's VAT id valid.",
        remedy_de="Klären, ob steuerfrei zu liefern war; wenn ja, im Shop eine Rechnungskorrektur und eine "
        "neue Rechnung ausstellen. Der Beleg bleibt, wie er ist.",
        remedy_en="Settle whether the supply was tax-free; if so, issue a correction and a new invoice in "
        "the shop. The voucher stays as it is.",
        ends_de=BY_PERSON_DE,
        ends_en=BY_PERSON_EN,
    ),
    AlarmKind.DISPATCHED_IN_OTHER_MONTH: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Der Versand wurde erst nach der Buchung bekannt und liegt in einem anderen Monat als der, "
        "mit dem gebucht wurde.",
        cause_en="The dispatch became known after the booking, and it lies in another month than the one "
        "booked with.",
        remedy_de="In Lexware Office am Beleg das Lieferdatum eintragen; gilt an diesem Tag ein anderer "
        "Steuersatz, im Shop berichtigen. Der Beleg bleibt, wie er ist.",
        remedy_en="Enter the day of delivery at the voucher in Lexware Office; if another rate holds on that "
        "day, correct it in the shop. The voucher stays as it is.",
        ends_de=BY_PERSON_DE,
        ends_en=BY_PERSON_EN,
    ),
}
