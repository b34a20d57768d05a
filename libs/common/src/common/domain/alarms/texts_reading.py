"""What the alarms about reading the books say to a person."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.reasons import ActingParty

READING_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.VOUCHER_CHANGED: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Ein gebuchter Beleg wurde in Lexware Office geändert und stimmt nicht mehr mit dem Shop.",
        cause_en="A booked voucher was changed in Lexware Office and differs from the shop's document.",
        remedy_de="Die genannten Angaben vergleichen und den Beleg in Lexware Office richtigstellen.",
        remedy_en="Compare what is named here and correct the voucher in Lexware Office.",
        ends_de="Er schließt sich, wenn beide wieder gleich sind, oder jemand schließt ihn als gesehen.",
        ends_en="It closes when both are equal again, or somebody closes it as seen.",
    ),
    AlarmKind.VOUCHER_DELETED: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Ein gebuchter Beleg wurde in Lexware Office gelöscht.",
        cause_en="A booked voucher was deleted in Lexware Office.",
        remedy_de="Fehlt der Beleg, ihn in Lexware Office von Hand neu anlegen; von selbst geschieht nichts.",
        remedy_en="If it is missing, make it again in Lexware Office by hand; nothing happens by itself.",
        ends_de="Er schließt sich, wenn der Beleg wieder da oder von Hand neu angelegt ist, oder jemand "
        "schließt ihn als gesehen.",
        ends_en="It closes when the voucher is there again or made by hand, or somebody closes it as seen.",
    ),
    AlarmKind.BOOKS_UNREADABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Eine Liste aus Lexware Office ist seit zehn Minuten nicht lesbar; neue Dokumente warten.",
        cause_en="A list of Lexware Office has been unreadable for ten minutes; new documents wait.",
        remedy_de="Der genannte Fehler sagt, was die Antwort war; bleibt er, den Fall dem Hersteller melden.",
        remedy_en="The error named here says what was answered; if it stays, report it to the maintainers.",
        ends_de="Er schließt sich, sobald die Liste wieder gelesen wurde; die Dokumente gehen dann weiter.",
        ends_en="It closes when the list was read again; the documents then go on.",
    ),
    AlarmKind.BOOKS_ROW_UNREADABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="In einer Liste aus Lexware Office sind Einträge ganz oder teilweise nicht lesbar.",
        cause_en="Entries of a list of Lexware Office cannot be read, wholly or in part.",
        remedy_de="Die genannten Einträge in Lexware Office berichtigen, sonst dem Hersteller melden.",
        remedy_en="Correct the entries named here in Lexware Office, else report it to the maintainers.",
        ends_de="Er schließt sich, wenn die Liste ohne solche Einträge gelesen wurde.",
        ends_en="It closes when the list was read without such entries.",
    ),
    AlarmKind.BOOKS_PART_TOO_LONG: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Die Belegliste ist an einem Tag länger, als Lexware Office zeigt; dessen Dokumente warten.",
        cause_en="On one day the voucher list is longer than Lexware Office shows; documents of it wait.",
        remedy_de="Den genannten Tag in Lexware Office ansehen und die Dokumente einzeln abgleichen.",
        remedy_en="Look at the day named here in Lexware Office and compare the documents one by one.",
        ends_de="Er schließt sich, wenn der Tag ganz gelesen werden kann.",
        ends_en="It closes when the day can be read completely.",
    ),
}
