"""Causes and remedies that lie in who sold to whom, and where."""

from datetime import timedelta

from common.domain.reasons.codes import DocumentReason
from common.domain.reasons.text import ActingParty, ReasonText, ReleasedBy

VAT_CHECK_GRACE = timedelta(hours=24)

BUYER_TEXTS: dict[DocumentReason, ReasonText] = {
    DocumentReason.SELLER_TAX_EXEMPT: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PROFILE,
        "Der Verkäufer ist laut Firmenprofil steuerfrei, aber kein Kleinunternehmer.",
        "The company profile says that the seller is tax-exempt but no small business.",
        "Von Hand buchen, oder das Firmenprofil berichtigen, wenn es nicht stimmt.",
        "Book it by hand, or correct the company profile if it is wrong.",
    ),
    DocumentReason.SMALL_BUSINESS_TAXED: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PROFILE,
        "Der Verkäufer ist Kleinunternehmer, das Dokument weist aber Steuer aus.",
        "The seller is a small business, yet the document shows VAT.",
        "Steuereinstellungen des Shops und Firmenprofil abgleichen; ausgewiesene Steuer von Hand buchen.",
        "Make the shop's tax settings and the company profile agree; book the VAT shown by hand.",
    ),
    DocumentReason.COUNTRY_UNKNOWN: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Das Land der Rechnungs- oder Lieferadresse fehlt oder ist unbekannt.",
        "The country of the invoice or delivery address is missing or unknown.",
        "Dokument von Hand buchen und im Shop das Land zur Pflichtangabe machen.",
        "Book the document by hand and make the country mandatory in the shop.",
    ),
    DocumentReason.COUNTRY_CONTRADICTORY: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Land, Postleitzahl und Ort oder die Adressen von Dokument und Bestellung widersprechen sich.",
        "Country, postcode and town, or the addresses of document and order, contradict each other.",
        "Im Shop mit richtiger Adresse neu ausstellen und dieses Dokument samt Rechnungskorrektur "
        "ausschließen; ist es richtig, von Hand buchen.",
        "Issue it anew in the shop with the right address and exclude this document with its correction; if "
        "it is right, book it by hand.",
    ),
    DocumentReason.GOODS_AND_SERVICES_MIXED: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Das Dokument ins Ausland enthält Waren und Dienstleistungen zugleich.",
        "The document to another country contains goods and services together.",
        "Steuerfall je Teil klären und von Hand buchen.",
        "Settle the tax case of each part and book it by hand.",
    ),
    DocumentReason.DISTANCE_SALES_SWITCHED_OFF: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.SETTINGS,
        "Verkäufe an Verbraucher in anderen Mitgliedstaaten sollen laut Einstellungen nicht gebucht werden.",
        "The settings say that sales to consumers in other member states are not to be booked.",
        "In den Einstellungen den Fernverkauf nach dem Firmenprofil einschalten oder von Hand buchen.",
        "Switch distance sales by the company profile on in the settings or book it by hand.",
    ),
    DocumentReason.DISTANCE_SALES_UNSET: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PROFILE,
        "Das Firmenprofil der Buchhaltung nennt kein Prinzip für den Fernverkauf (OSS oder Ursprungsland).",
        "The company profile of the books names no principle for distance sales (OSS or origin).",
        "In der Buchhaltung unter Steuern den Fernverkauf einstellen, wie der Shop ihn besteuert.",
        "Set distance sales in the tax settings of the books, as the shop taxes them.",
    ),
    DocumentReason.DISTANCE_SALES_MISMATCH: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PROFILE,
        "Der Shop besteuert den Fernverkauf anders, als das Firmenprofil der Buchhaltung es vorsieht.",
        "The shop taxes distance sales otherwise than the company profile of the books says.",
        "Steht in der Buchhaltung das falsche Prinzip (OSS oder Ursprungsland), es dort berichtigen; das "
        "Dokument geht dann von selbst weiter. Sind die Steuerzonen des Shops falsch, dort berichtigen, "
        "neu ausstellen und dieses Dokument samt Rechnungskorrektur ausschließen.",
        "If the books hold the wrong principle (OSS or origin), correct it there; the document then goes on "
        "by itself. If the shop's tax areas are wrong, correct them, issue the document anew and exclude "
        "this one with its correction.",
    ),
    DocumentReason.BUYER_VAT_ID_FOREIGN: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Geliefert wurde im Inland zu 0 %, der Käufer hat aber eine ausländische USt-IdNr.",
        "The goods were delivered in Germany at 0 %, yet the buyer has a VAT id of another state.",
        "Prüfen, ob eine innergemeinschaftliche Lieferung vorliegt, und von Hand buchen.",
        "Check whether this is an intra-community supply and book it by hand.",
    ),
    DocumentReason.ZERO_RATE_TO_COMPANY: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.SETTINGS,
        "Eine Firma im Inland erhielt ein Dokument mit 0 %, ohne erkennbaren Grund.",
        "A company in Germany was given a document at 0 %, for no reason we know.",
        "Klären, ob Nullsatz oder § 13b UStG gilt, und es in den Einstellungen festlegen, für den Nullsatz "
        "zugleich seine Kategorie (zero_rates). Teils besteuerte Dokumente zu § 13b von Hand buchen.",
        "Settle whether the zero rate or § 13b UStG applies and say so in the settings, for the zero rate "
        "together with its category (zero_rates). Book partly taxed documents under § 13b by hand.",
    ),
    DocumentReason.VAT_ID_MISSING: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Steuerfrei in einen anderen Mitgliedstaat, aber der Käufer hat keine USt-IdNr. angegeben.",
        "Tax-free into another member state, but the buyer gave no VAT id.",
        "Im Shop neu ausstellen, mit USt-IdNr. oder mit Steuer, und dieses Dokument samt Rechnungskorrektur "
        "ausschließen, oder von Hand buchen.",
        "Issue the document anew in the shop, with the VAT id or with VAT, and exclude this one with its "
        "correction, or book it by hand.",
    ),
    DocumentReason.VAT_ID_MALFORMED: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Die USt-IdNr. des Käufers hat keine gültige Form.",
        "The buyer's VAT id is not well-formed.",
        "USt-IdNr. beim Käufer erfragen, damit neu ausstellen und dieses Dokument samt Rechnungskorrektur "
        "ausschließen, oder von Hand buchen.",
        "Ask the buyer for the VAT id, issue the document anew with it and exclude this one with its "
        "correction, or book it by hand.",
    ),
    DocumentReason.VAT_ID_OF_OTHER_STATE: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Die USt-IdNr. des Käufers gehört zu einem anderen Staat als die Lieferung.",
        "The buyer's VAT id is of another state than the delivery.",
        "Steuerfall klären (Reihengeschäft, Abholung) und von Hand buchen.",
        "Settle the tax case (chain transaction, collection) and book it by hand.",
    ),
    DocumentReason.VAT_ID_NOT_FOREIGN: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Steuerfrei in einen anderen Mitgliedstaat, aber der Käufer hat nur eine deutsche USt-IdNr.; das "
        "ist hier steuerpflichtig.",
        "Tax-free into another member state, but the buyer has a German VAT id only; that is taxed here.",
        "Im Shop neu ausstellen: mit deutscher Steuer, oder mit der USt-IdNr. des anderen Staats, wenn es "
        "sie gibt. Dieses Dokument samt seiner Rechnungskorrektur ausschließen.",
        "Issue it anew in the shop: with German VAT, or with the VAT id of the other state if there is one. "
        "Exclude this document together with its correction.",
    ),
    DocumentReason.VAT_CHECK_PENDING: ReasonText(
        ActingParty.NOBODY,
        ReleasedBy.TIME,
        "Die USt-IdNr. des Käufers ist noch nicht bestätigt.",
        "The buyer's VAT id is not confirmed yet.",
        "Nichts zu tun; nach der Antwort der Behörde geht es von selbst weiter.",
        "Nothing to do; it goes on by itself once the authority has answered.",
        waits=VAT_CHECK_GRACE,
    ),
    DocumentReason.VAT_ID_INVALID: ReasonText(
        ActingParty.ADVISER,
        ReleasedBy.PERSON,
        "Die Behörde kennt die USt-IdNr. des Käufers nicht als gültig.",
        "The authority says that the buyer's VAT id is not valid.",
        "Käufer fragen; bleibt sie ungültig, mit Steuer neu ausstellen und dieses Dokument samt "
        "Rechnungskorrektur ausschließen.",
        "Ask the buyer; if it stays invalid, issue the document anew with VAT and exclude this one with its "
        "correction.",
    ),
    DocumentReason.COMPANY_NAME_MISSING: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Dieser Steuerfall verlangt eine Firma als Kontakt, die Rechnungsadresse nennt aber nur eine Person.",
        "This tax case needs a company as contact, yet the invoice address names only a person.",
        "Firmenname an der Bestellung ergänzen, Dokument im Shop neu ausstellen oder von Hand buchen.",
        "Add the company's name to the order and issue the document again, or book it by hand.",
    ),
    DocumentReason.CUSTOMER_UNUSABLE: ReasonText(
        ActingParty.MERCHANT,
        ReleasedBy.PERSON,
        "Dieser Steuerfall verlangt einen Kontakt, die Rechnungsadresse enthält aber keinen Namen.",
        "This tax case needs a contact, yet the invoice address holds no name.",
        "Rechnungsadresse im Shop ergänzen oder das Dokument von Hand buchen.",
        "Complete the invoice address in the shop or book the document by hand.",
    ),
}
