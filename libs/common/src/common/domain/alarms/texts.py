"""What each alarm says to a person."""

from collections.abc import Mapping

from common.domain.alarms.kinds import AlarmKind, AlarmText
from common.domain.reasons import ActingParty

BY_PERSON_DE = "Er bleibt im Protokoll, bis jemand ihn als gesehen schließt."
BY_PERSON_EN = "It stays on record until somebody closes it as seen."

BOOKS_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.DUPLICATE: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Ein Dokument steht möglicherweise doppelt in der Buchhaltung.",
        cause_en="The books may hold a document twice.",
        remedy_de="Die genannten Belege vergleichen und einen davon in Lexware Office von Hand löschen.",
        remedy_en="Compare the vouchers named here and delete one of them in Lexware Office by hand.",
        ends_de=BY_PERSON_DE,
        ends_en=BY_PERSON_EN,
    ),
    AlarmKind.ADOPTED_VOUCHER_DIFFERS: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Ein fremder Beleg wurde übernommen, der vom Dokument des Shops abweicht.",
        cause_en="A voucher that others made was adopted, and it differs from the shop's document.",
        remedy_de="Beide Seiten vergleichen und den Beleg in Lexware Office berichtigen oder prüfen.",
        remedy_en="Compare both sides and correct or check the voucher in Lexware Office.",
        ends_de="Er schließt sich, wenn der Beleg nicht mehr abweicht, oder jemand schließt ihn als gesehen.",
        ends_en="It closes when the voucher differs no more, or somebody closes it as seen.",
    ),
    AlarmKind.EINVOICE_DIFFERS: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Die E-Rechnung in der nachgereichten PDF-Datei widerspricht dem gebuchten Beleg.",
        cause_en="The e-invoice inside a PDF that came after the booking contradicts the voucher.",
        remedy_de="Das Dokument im Shop berichtigen und neu ausstellen.",
        remedy_en="Correct the document in the shop and issue it anew.",
        ends_de=BY_PERSON_DE,
        ends_en=BY_PERSON_EN,
    ),
    AlarmKind.RECONNECT_NEEDED: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Der Zugang zu Lexware Office gilt nicht mehr.",
        cause_en="The access to Lexware Office is not valid any more.",
        remedy_de="Lexware Office neu verbinden; wartende Dokumente gehen dann von selbst weiter.",
        remedy_en="Connect Lexware Office again; waiting documents then go on by themselves.",
        ends_de="Er schließt sich, sobald ein neuer Zugang gespeichert oder der alte wieder angenommen ist.",
        ends_en="It closes when a new access is stored or the old one is accepted again.",
    ),
    AlarmKind.BOOKS_DENY_ACCESS: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Lexware Office verweigert den Zugang seit einer Viertelstunde (Vertrag oder Rechte).",
        cause_en="Lexware Office has refused this access for a quarter of an hour (contract or rights).",
        remedy_de="Vertrag und Rechte in Lexware Office prüfen; es wird alle fünf Minuten probiert.",
        remedy_en="Check contract and rights in Lexware Office; it is tried every five minutes.",
        ends_de="Er schließt sich mit dem ersten angenommenen Aufruf; was wartete, geht dann weiter.",
        ends_en="It closes with the first call that is accepted; what waited then goes on.",
    ),
    AlarmKind.BOOKS_UNREACHABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Seit einer Stunde antwortet Lexware Office nicht, höchstens etwas dazwischen.",
        cause_en="For an hour Lexware Office has given no answer; at most something in between has.",
        remedy_de="Netz, Proxy und Firewall zwischen dieser Installation und Lexware Office prüfen.",
        remedy_en="Check network, proxy and firewall between this installation and Lexware Office.",
        ends_de="Er schließt sich mit der ersten Antwort; was wartete, geht dann weiter.",
        ends_en="It closes with the first answer; what waited then goes on.",
    ),
    AlarmKind.API_KEY_ENDS: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Der API-Schlüssel ist seit 22 Monaten hinterlegt; Schlüssel gelten 24 Monate.",
        cause_en="The API key was stored 22 months ago; keys are valid for 24 months.",
        remedy_de="In Lexware Office einen neuen Schlüssel anlegen und die Verbindung damit erneuern.",
        remedy_en="Make a new key in Lexware Office and link the connection with it again.",
        ends_de="Er schließt sich mit einem neuen Schlüssel oder wenn die Verbindung abgeschaltet ist.",
        ends_en="It closes with a new key or when the connection is disabled.",
    ),
    AlarmKind.OAUTH_MISCONFIGURED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Lexware Office lehnt die Zugangsdaten dieser Installation (OAuth-Client) ab.",
        cause_en="Lexware Office refuses the credentials of this installation (OAuth client).",
        remedy_de="Client-ID, Client-Secret und Redirect-URI in der Konfiguration berichtigen.",
        remedy_en="Correct client id, client secret and redirect URI in the configuration.",
        ends_de="Er schließt sich mit der nächsten gelungenen Erneuerung des Zugangs.",
        ends_en="It closes with the next refresh that succeeds.",
    ),
    AlarmKind.CLOCK_STEPPED: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Die Uhr der Datenbank oder eines Rechners wurde gestellt; Belege konnten unterwegs sein.",
        cause_en="The clock of the database or of a machine was set; vouchers may have been on their way.",
        remedy_de="Uhren nur nachführen, nie stellen (NTP mit slew); danach die Liste der Doppelten ansehen.",
        remedy_en="Let clocks be slewed, never set (NTP); then look at the list of duplicates.",
        ends_de="Er schließt sich, sobald die Uhren eine Vertrauenszeit lang gleich gehen.",
        ends_en="It closes when the clocks have kept the same pace for a trust time.",
    ),
    AlarmKind.SMALL_BUSINESS_TURNOVER: AlarmText(
        who=ActingParty.MERCHANT,
        cause_de="Der Umsatz eines Kleinunternehmers (§ 19 UStG) ist einer Grenze nahe oder über ihr.",
        cause_en="The turnover of a small business (§ 19 UStG) is near a limit or above it.",
        remedy_de="Mit der Steuerberatung klären, ab wann Umsatzsteuer auszuweisen ist.",
        remedy_en="Clarify with the tax adviser from when on VAT has to be shown.",
        ends_de="Er schließt sich, wenn der gezählte Umsatz wieder darunter liegt.",
        ends_en="It closes when the counted turnover is below it again.",
    ),
}

SHOP_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.SHOP_ITEM_UNREADABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Der Shop hat etwas gesendet, das dieses Programm nicht lesen kann.",
        cause_en="The shop sent something this software cannot read.",
        remedy_de="Die Bytes liegen im Archiv; den Fall dem Hersteller melden.",
        remedy_en="The bytes are in the archive; report the case to the maintainers.",
        ends_de="Er schließt sich, wenn dieselbe Bestellung ganz gelesen wurde oder der Shop außer Gebrauch "
        "ist, oder jemand schließt ihn als gesehen.",
        ends_en="It closes when the same order was read completely or the shop is out of use, or somebody "
        "closes it as seen.",
    ),
    AlarmKind.SHOP_UNREADABLE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Ein Shop ist seit einer Stunde nicht lesbar; seine neuen Dokumente bleiben so lange aus.",
        cause_en="A shop has been unreadable for an hour; its new documents stay away until it is read.",
        remedy_de="Der genannte Fehler sagt, was die Antwort war, die Verbindung, wer handeln kann.",
        remedy_en="The error named here says what was answered, the connection says who can act.",
        ends_de="Er schließt sich, wenn der Shop wieder lesbar ist, selbst antwortet oder abgeschaltet wird.",
        ends_en="It closes when the shop was read again, answers itself, or its connection is disabled.",
    ),
}

LINK_ALARMS: Mapping[AlarmKind, AlarmText] = {
    AlarmKind.SHOP_LINKED_TWICE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Derselbe Shop ist über zwei Verbindungen zugleich in Gebrauch.",
        cause_en="The same shop is in use over two connections at once.",
        remedy_de="Eine der beiden deaktivieren; die eines anderen Händlers gibt der Betreiber frei.",
        remedy_en="Disable one of the two connections; another merchant's is released by the operator.",
        ends_de="Er schließt sich, sobald nur noch eine von ihnen in Gebrauch ist.",
        ends_en="It closes when only one of them is in use.",
    ),
    AlarmKind.ORGANIZATION_LINKED_TWICE: AlarmText(
        who=ActingParty.OPERATOR,
        cause_de="Dieselbe Organisation in Lexware Office ist bei zwei Händlern zugleich in Gebrauch.",
        cause_en="The same organization in Lexware Office is in use under two merchants at once.",
        remedy_de="Der Betreiber klärt, zu wem sie gehört, und gibt die andere Verbindung frei.",
        remedy_en="The operator finds out whose it is and releases the other connection.",
        ends_de="Er schließt sich, sobald nur noch eine Verbindung zu ihr in Gebrauch ist.",
        ends_en="It closes when only one connection to it is in use.",
    ),
}
