"""Causes and remedies that lie in the rates on a document."""

from common.domain.reason_codes import Reason, ReasonText, ReleasedBy, Who

RATE_TEXTS: dict[Reason, ReasonText] = {
    Reason.RATE_MISSING: ReasonText(
        Who.MERCHANT,
        ReleasedBy.PERSON,
        "Eine Position hat keinen Steuersatz.",
        "A line has no tax rate.",
        "Steuerklasse des Artikels im Shop prüfen und das Dokument von Hand buchen.",
        "Check the product's tax class in the shop and book the document by hand.",
    ),
    Reason.RATE_UNKNOWN: ReasonText(
        Who.MERCHANT,
        ReleasedBy.PERSON,
        "Das Dokument enthält einen Satz, den es im Land der Besteuerung nicht gibt.",
        "The document contains a rate that does not exist in the country of taxation.",
        "Steuerklassen im Shop prüfen, Dokument im Shop korrigieren oder von Hand buchen.",
        "Check the tax classes in the shop, correct the document there or book it by hand.",
    ),
    Reason.RATE_NOT_VALID_ON_DATE: ReasonText(
        Who.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Steuersatz galt am Tag der Lieferung nicht.",
        "A tax rate was not in force on the day of supply.",
        "Versanddatum der Bestellung und Steuerklassen im Shop prüfen und das Dokument von Hand buchen.",
        "Check the order's dispatch date and the shop's tax classes, and book the document by hand.",
    ),
    Reason.RATE_OF_OTHER_COUNTRY: ReasonText(
        Who.MERCHANT,
        ReleasedBy.PERSON,
        "Ein Steuersatz gehört zu einem anderen Land als dem der Besteuerung.",
        "A tax rate belongs to another country than the country of taxation.",
        "Steuerzonen im Shop und beide Adressen prüfen, Dokument im Shop korrigieren oder von Hand buchen.",
        "Check the shop's tax areas and both addresses, correct the document there or book it by hand.",
    ),
    Reason.ZERO_RATE_UNMAPPED: ReasonText(
        Who.ADVISER,
        ReleasedBy.SETTINGS,
        "Das Dokument enthält 0 %, und für inländische Umsätze zu 0 % ist keine Kategorie gewählt.",
        "The document contains 0 %, and no category is set for domestic sales at 0 %.",
        "Grund der Steuerfreiheit klären und in den Einstellungen eine Kategorie dafür wählen.",
        "Settle why no tax is due and choose a category for it in the settings.",
    ),
    Reason.ZERO_RATE_UNEXPLAINED: ReasonText(
        Who.ADVISER,
        ReleasedBy.PERSON,
        "Ein besteuertes Dokument in einen anderen Mitgliedstaat enthält auch 0 %, ohne erkennbaren Grund.",
        "A taxed document to another member state also contains 0 %, for no reason we know.",
        "Steuerklassen im Shop prüfen; ist das Dokument richtig, von Hand buchen.",
        "Check the tax classes in the shop; if the document is right, book it by hand.",
    ),
    Reason.TAX_SHOWN_ON_EXPORT: ReasonText(
        Who.ADVISER,
        ReleasedBy.PERSON,
        "Die Ware ging aus dem Umsatzsteuergebiet hinaus, das Dokument weist aber Steuer aus.",
        "The goods left the VAT area, yet the document shows VAT.",
        "Dokument im Shop berichtigen oder die ausgewiesene Steuer (§ 14c UStG) von Hand buchen.",
        "Correct the document in the shop or book the VAT shown (§ 14c UStG) by hand.",
    ),
    Reason.TAX_SHOWN_TO_COMPANY: ReasonText(
        Who.ADVISER,
        ReleasedBy.PERSON,
        "Der Käufer im anderen Mitgliedstaat hat eine USt-IdNr., das Dokument weist aber Steuer aus.",
        "The buyer in another member state has a VAT id, yet the document shows VAT.",
        "Klären, ob steuerfrei zu liefern war; Dokument im Shop berichtigen oder von Hand buchen.",
        "Settle whether the supply was tax-free; correct the document in the shop or book it by hand.",
    ),
    Reason.MARGIN_SCHEME: ReasonText(
        Who.ADVISER,
        ReleasedBy.SETTINGS,
        "Das Dokument enthält differenzbesteuerte Ware (§ 25a UStG) und lässt sich so nicht buchen.",
        "The document contains goods under the margin scheme (§ 25a UStG) and cannot be booked like this.",
        "Kategorie für § 25a in den Einstellungen wählen; gemischt oder mit Steuer von Hand buchen.",
        "Choose a category for § 25a in the settings; mixed or with VAT shown, book it by hand.",
    ),
}
