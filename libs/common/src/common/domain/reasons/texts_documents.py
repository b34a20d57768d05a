"""Causes and remedies that lie in the document, the shop or the merchant's settings."""

from datetime import timedelta

from common.domain.reasons.codes import DocumentReason
from common.domain.reasons.text import ActingParty, ReasonText, ReleasedBy

ORIGINAL_GRACE = timedelta(hours=24)

DOCUMENT_TEXTS: dict[DocumentReason, ReasonText] = {
    DocumentReason.TRANSFER_PAUSED: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.SETTINGS,
        "Die Übertragung ist angehalten.",
        "The transfer is paused.",
        "Übertragung in den Einstellungen wieder einschalten.",
        "Switch the transfer on again in the settings.",
    ),
    DocumentReason.NUMBER_MISSING: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Das Dokument hat keine Nummer.",
        "The document has no number.",
        "Nummernkreis im Shop prüfen und das Dokument von Hand buchen.",
        "Check the number range in the shop and book the document by hand.",
    ),
    DocumentReason.NUMBER_TOO_LONG: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Dokumentnummer ist länger als 40 Zeichen; gekürzt wäre sie nicht mehr dieselbe.",
        "The document number is longer than 40 characters; cut off it would not be the same number.",
        "Nummernkreis im Shop kürzen und dieses Dokument von Hand buchen.",
        "Shorten the number range in the shop and book this document by hand.",
    ),
    DocumentReason.NUMBER_UNUSABLE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Dokumentnummer enthält unsichtbare oder unzulässige Zeichen.",
        "The document number contains invisible or invalid characters.",
        "Nummernkreis im Shop prüfen und das Dokument von Hand buchen.",
        "Check the number range in the shop and book the document by hand.",
    ),
    DocumentReason.ISSUE_DATE_MISSING: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Der Shop nennt kein Ausstellungsdatum (Versionen vor 7.32), nur wann der Datensatz angelegt wurde.",
        "The shop gives no date of issue (releases before 7.32), only when the record was made.",
        "Das Datum, das auf dem Dokument steht, mit confirm-date bestätigen; dann geht es weiter.",
        "Confirm the date that is printed on the document with confirm-date; then it goes on.",
    ),
    DocumentReason.DOCUMENT_CONFLICT: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Dieselbe Dokumentnummer kam mit anderem Inhalt noch einmal.",
        "The same document number arrived again with other content.",
        "Beide Fassungen vergleichen. Gilt die erste, das Dokument erneut anstoßen; gilt die andere, von "
        "Hand buchen; gilt keine, ausschließen.",
        "Compare both versions. If the first one holds, retry the document; if the other, book it by hand; "
        "if neither, exclude it.",
    ),
    DocumentReason.NOT_EURO: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Das Dokument ist nicht in Euro.",
        "The document is not in euro.",
        "Mit belegtem Umrechnungskurs von Hand buchen.",
        "Book it by hand with a documented exchange rate.",
    ),
    DocumentReason.TAX_MODEL_UNKNOWN: ReasonText(
        ActingParty.OPERATOR,
        ReleasedBy.PERSON,
        "Der Shop sagt nicht, ob die Preise brutto oder netto sind.",
        "The shop does not say whether prices are gross or net.",
        "Steuermodell des Shops prüfen, damit neue Dokumente es nennen; dieses von Hand buchen.",
        "Check the shop's tax model so that new documents name it; book this one by hand.",
    ),
    DocumentReason.AMOUNTS_DO_NOT_ADD_UP: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Teile des Dokuments ergeben nicht seine Summe.",
        "The parts of the document do not add up to its total.",
        "Dokument im Shop prüfen; ist es richtig, von Hand buchen, sonst neu ausstellen und dieses samt "
        "Rechnungskorrektur ausschließen.",
        "Check the document in the shop; if it is right, book it by hand, otherwise issue it anew and "
        "exclude this one with its correction.",
    ),
    DocumentReason.TAX_SPLIT_UNCLEAR: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Steuer je Satz ergibt nicht die Steuersumme des Dokuments.",
        "The tax per rate does not give the document's tax total.",
        "Steuersätze der Artikel und des Versands im Shop prüfen; ist das Dokument richtig, von Hand buchen.",
        "Check the rates of products and shipping in the shop; if the document is right, book it by hand.",
    ),
    DocumentReason.DISCOUNT_EXCEEDS_GOODS: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Rabatt ist größer als das, was er mindert.",
        "A discount is larger than what it reduces.",
        "Dokument im Shop prüfen und von Hand buchen.",
        "Check the document in the shop and book it by hand.",
    ),
    DocumentReason.DEPOSIT_WITHOUT_LINE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Pfand gehört zu keiner Position des Dokuments, sein Steuersatz ist unbekannt.",
        "A deposit belongs to no line of the document, so its rate is unknown.",
        "Dokument von Hand buchen.",
        "Book the document by hand.",
    ),
    DocumentReason.MIXED_SIGNS: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Das Dokument mischt positive und negative Beträge.",
        "The document mixes positive and negative amounts.",
        "Dokument im Shop prüfen und von Hand buchen.",
        "Check the document in the shop and book it by hand.",
    ),
    DocumentReason.NEGATIVE_INVOICE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Rechnung hat eine negative Summe.",
        "The invoice has a negative total.",
        "Im Shop statt ihrer eine Rechnungskorrektur ausstellen und diese Rechnung ausschließen, oder von "
        "Hand buchen.",
        "Issue a correction in its place in the shop and exclude this invoice, or book it by hand.",
    ),
    DocumentReason.ORIGINAL_MISSING: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.DOCUMENT,
        "Zur Rechnungskorrektur ist keine Rechnung derselben Bestellung bekannt.",
        "No invoice of the same order is known for this correction.",
        "Rechnung im Shop abschließen oder die Rechnungskorrektur von Hand buchen.",
        "Finalise the invoice in the shop or book the correction by hand.",
        waits=ORIGINAL_GRACE,
    ),
    DocumentReason.ORIGINAL_WAITING: ReasonText(
        ActingParty.NOBODY,
        ReleasedBy.TIME,
        "Die korrigierte Rechnung ist noch nicht gebucht.",
        "The corrected invoice is not booked yet.",
        "Nichts zu tun; die Rechnungskorrektur folgt ihrer Rechnung.",
        "Nothing to do; the correction follows its invoice.",
        waits=ORIGINAL_GRACE,
    ),
    DocumentReason.ORIGINAL_PARKED: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.DOCUMENT,
        "Die korrigierte Rechnung ist zurückgestellt.",
        "The corrected invoice is parked.",
        "Erst die Rechnung klären; die Rechnungskorrektur folgt ihr von selbst. Nimmt sie die Rechnung ganz "
        "zurück und soll keine von beiden gebucht werden, die Rechnung ausschließen: das erledigt beide.",
        "Settle the invoice first; the correction follows by itself. If it takes the invoice back wholly and "
        "neither shall be booked, exclude the invoice: that closes both.",
    ),
    DocumentReason.ORIGINAL_UNCLEAR: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.DOCUMENT,
        "Mehrere Rechnungen der Bestellung haben noch etwas offen (left nennt, was), und wie zu buchen ist, "
        "hängt davon ab, welche korrigiert wird.",
        "Several invoices of the order have something left (left says what), and how to book depends on "
        "which of them is corrected.",
        "Rechnung bestimmen und die Rechnungskorrektur von Hand buchen; gehört sie zu einer ausgeschlossenen "
        "Rechnung, auch sie ausschließen.",
        "Determine the invoice and book the correction by hand; if it belongs to an excluded invoice, "
        "exclude it as well.",
    ),
    DocumentReason.CORRECTION_EXCEEDS_INVOICE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die Rechnungskorrekturen nehmen bei einem Steuersatz mehr zurück, als die Rechnung enthält.",
        "At one rate the corrections take back more than the invoice holds.",
        "Rechnungskorrekturen der Bestellung im Shop prüfen und die überzählige von Hand klären.",
        "Check the order's corrections in the shop and settle the surplus one by hand.",
    ),
    DocumentReason.EINVOICE_DIFFERS: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Die E-Rechnung in der PDF-Datei nennt andere Werte als das Dokument des Shops.",
        "The e-invoice inside the PDF names other values than the shop's document.",
        "Stimmt das Dokument des Shops, den Unterschied annehmen; sonst neu ausstellen und dieses samt "
        "Rechnungskorrektur ausschließen, oder von Hand buchen.",
        "If the shop's document is right, accept the difference; otherwise issue it anew and exclude this "
        "one with its correction, or book it by hand.",
    ),
}
