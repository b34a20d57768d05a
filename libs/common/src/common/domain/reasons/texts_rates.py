"""Causes and remedies that lie in the rates on a document."""

from common.domain.reasons.codes import DocumentReason
from common.domain.reasons.text import ActingParty, ReasonText, ReleasedBy

RATE_TEXTS: dict[DocumentReason, ReasonText] = {
    DocumentReason.RATE_MISSING: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Eine Position hat keinen Steuersatz.",
        "A line has no tax rate.",
        "Steuerklasse des Artikels im Shop prüfen und das Dokument von Hand buchen.",
        "Check the product's tax class in the shop and book the document by hand.",
    ),
    DocumentReason.RATE_UNKNOWN: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Das Dokument enthält einen Satz, den unsere Tabelle für das Land der Besteuerung nicht nennt.",
        "The document contains a rate that our table does not name for the country of taxation.",
        "Gibt es den Satz, dem Betreiber melden: mit der ergänzten Tabelle geht das Dokument von selbst "
        "weiter. Sonst die Steuerklassen im Shop berichtigen, neu ausstellen und dieses Dokument samt "
        "Rechnungskorrektur ausschließen, oder von Hand buchen.",
        "If the rate exists, tell the operator: with the completed table the document goes on by itself. If "
        "not, correct the tax classes in the shop, issue the document anew and exclude this one with its "
        "correction, or book it by hand.",
    ),
    DocumentReason.RATE_TABLE_GAP: ReasonText(
        ActingParty.OPERATOR,
        ReleasedBy.TABLE,
        "Für dieses Land und diesen Tag nennt unsere Tabelle der Steuersätze nichts; die Lücke ist unsere.",
        "Our table of rates says nothing about this country on this day; the gap is ours.",
        "Tabelle mit Quelle ergänzen; mit der neuen Fassung geht das Dokument von selbst weiter. Wer nicht "
        "warten will, bucht von Hand.",
        "Complete the table with its source; with the new release the document goes on by itself. Who does "
        "not want to wait books it by hand.",
    ),
    DocumentReason.RATE_NOT_VALID_ON_DATE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Steuersatz galt am Tag der Lieferung nicht.",
        "A tax rate was not in force on the day of supply.",
        "Versanddatum der Bestellung und Steuerklassen im Shop prüfen und das Dokument von Hand buchen.",
        "Check the order's dispatch date and the shop's tax classes, and book the document by hand.",
    ),
    DocumentReason.RATE_OF_OTHER_COUNTRY: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Steuersatz gehört zu einem anderen Land als dem der Besteuerung.",
        "A tax rate belongs to another country than the country of taxation.",
        "Steuerzonen im Shop und beide Adressen prüfen, neu ausstellen und dieses Dokument samt "
        "Rechnungskorrektur ausschließen; ist es richtig, von Hand buchen.",
        "Check the shop's tax areas and both addresses, issue the document anew and exclude this one with "
        "its correction; if it is right, book it by hand.",
    ),
    DocumentReason.ZERO_RATE_UNMAPPED: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.SETTINGS,
        "Eine Position ist zu 0 % verkauft, und für ihren Grund ist keine Kategorie gewählt.",
        "A line is sold at 0 %, and no category is chosen for its cause.",
        "Klären, warum diese Position steuerfrei ist, und in den Einstellungen (zero_rates) für genau diese "
        "Steuerklasse oder dieses Produkt eine Kategorie wählen; andere Gründe brauchen ihre eigene.",
        "Settle why this line bears no VAT and choose a category for just this tax class or product in the "
        "settings (zero_rates); other causes need their own.",
    ),
    DocumentReason.ZERO_RATE_UNEXPLAINED: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Ein besteuertes Dokument in einen anderen Mitgliedstaat enthält auch 0 %, ohne erkennbaren Grund.",
        "A taxed document to another member state also contains 0 %, for no reason we know.",
        "Steuerklassen im Shop prüfen, neu ausstellen und dieses Dokument samt Rechnungskorrektur "
        "ausschließen; ist es richtig, von Hand buchen.",
        "Check the tax classes in the shop, issue the document anew and exclude this one with its "
        "correction; if it is right, book it by hand.",
    ),
    DocumentReason.MULTI_PURPOSE_VOUCHER: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.SETTINGS,
        "Das Dokument verkauft einen Mehrzweckgutschein; das ist kein Umsatz, sondern eine Verbindlichkeit.",
        "The document sells a multi-purpose voucher; that is no turnover but a liability.",
        "In den Einstellungen (zero_rates, voucher) eine Kategorie für Verbindlichkeiten wählen, nie eine "
        "für Erlöse, oder das Dokument mit Grund ausschließen. Steht neben dem Gutschein Porto zu 0 % oder "
        "ein Fernverkauf: ausschließen oder von Hand buchen. Ist es kein Gutschein: eine Regel mit seiner "
        "Artikelnummer.",
        "Choose a category of liabilities in the settings (zero_rates, voucher), never one of income, or "
        "exclude the document with a reason. With postage at 0 % or a distance sale beside the voucher: "
        "exclude it or book it by hand. If it is no voucher: a rule with its article number.",
    ),
    DocumentReason.TAX_SHOWN_ON_EXPORT: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Die Ware ging aus dem Umsatzsteuergebiet hinaus, das Dokument weist aber Steuer aus.",
        "The goods left the VAT area, yet the document shows VAT.",
        "Ohne Steuer neu ausstellen und dieses Dokument samt Rechnungskorrektur ausschließen, oder die "
        "ausgewiesene Steuer (§ 14c UStG) von Hand buchen.",
        "Issue the document anew without VAT and exclude this one with its correction, or book the VAT shown "
        "(§ 14c UStG) by hand.",
    ),
    DocumentReason.TAX_SHOWN_TO_COMPANY: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Der Käufer im anderen Mitgliedstaat hat eine USt-IdNr., das Dokument weist aber Steuer aus.",
        "The buyer in another member state has a VAT id, yet the document shows VAT.",
        "Klären, ob steuerfrei zu liefern war. Wenn ja, ohne Steuer neu ausstellen und dieses Dokument samt "
        "Rechnungskorrektur ausschließen; sonst von Hand buchen.",
        "Settle whether the supply was tax-free. If so, issue the document anew without VAT and exclude this "
        "one with its correction; otherwise book it by hand.",
    ),
    DocumentReason.MARGIN_SCHEME: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.SETTINGS,
        "Das Dokument enthält differenzbesteuerte Ware (§ 25a UStG) und lässt sich so nicht buchen.",
        "The document contains goods under the margin scheme (§ 25a UStG) and cannot be booked like this.",
        "Kategorie für § 25a in den Einstellungen wählen; gemischt oder mit Steuer von Hand buchen.",
        "Choose a category for § 25a in the settings; mixed or with VAT shown, book it by hand.",
    ),
}
