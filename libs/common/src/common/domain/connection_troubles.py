"""What keeps a shop from being read though its token is good, and what to tell whom; a closed list."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from common.domain.reasons import ActingParty


class ConnectionTrouble(StrEnum):
    """The cause; a code never changes its meaning."""

    ANSWER_ENCODING_REFUSED = "answer_encoding_refused"
    ADDRESS_REFUSED = "address_refused"
    FOREIGN_REFUSAL = "foreign_refusal"
    SOMETHING_ELSE_ANSWERS = "something_else_answers"


@dataclass(frozen=True, slots=True)
class TroubleText:
    """Cause and remedy in both languages, and who acts."""

    who: ActingParty
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


TROUBLES: Mapping[ConnectionTrouble, TroubleText] = MappingProxyType(
    {
        ConnectionTrouble.ANSWER_ENCODING_REFUSED: TroubleText(
            who=ActingParty.MERCHANT,
            cause_de="Der Server des Shops schickt seine Antworten in einer Kompression, um die nicht "
            "gebeten wurde. Sie wurden nicht gelesen.",
            cause_en="The shop's server sends its answers compressed in a way nobody asked for. "
            "They were not read.",
            remedy_de="Dem Hoster des Shops mitteilen: „Bitte beachten Sie bei der REST-Schnittstelle des "
            "Shops die Angabe Accept-Encoding: identity und antworten Sie unkomprimiert, höchstens einfach "
            "mit gzip oder deflate, nicht mit br, zstd oder mehrfach.“ Danach geht es von selbst weiter.",
            remedy_en="Tell the shop's hoster: “Please honour Accept-Encoding: identity on the shop's REST "
            "interface and answer uncompressed, or with a single gzip or deflate at most, never with br, "
            "zstd or several at once.” Then it goes on by itself.",
        ),
        ConnectionTrouble.ADDRESS_REFUSED: TroubleText(
            who=ActingParty.MERCHANT,
            cause_de="Die Adresse des Shops führt nicht zu einem öffentlichen Server mit https. "
            "Er wurde nicht gefragt.",
            cause_en="The shop's address does not lead to a public server with https. It was not asked.",
            remedy_de="Die DNS-Einträge der Shop-Domain prüfen lassen: Alle müssen auf öffentliche Adressen "
            "zeigen. Danach geht es von selbst weiter.",
            remedy_en="Have the DNS records of the shop's domain checked: all must name public addresses. "
            "Then it goes on by itself.",
        ),
        ConnectionTrouble.FOREIGN_REFUSAL: TroubleText(
            who=ActingParty.MERCHANT,
            cause_de="Etwas vor dem Shop (Firewall, Proxy, Wartungsseite) weist die Abrufe ab; "
            "der Shop selbst hat nicht geantwortet.",
            cause_en="Something in front of the shop (firewall, proxy, maintenance page) refuses the calls; "
            "the shop itself gave no answer.",
            remedy_de="Meist ist es eine Wartung, und es geht von selbst weiter. Bleibt es, den Hoster des "
            "Shops bitten, Aufrufe der REST-Schnittstelle (/rs/shops/) durchzulassen; wurde die App im Shop "
            "entfernt, sie neu installieren und den Shop neu verbinden.",
            remedy_en="Mostly it is maintenance, and it goes on by itself. If it stays, ask the shop's host "
            "to let calls of the REST interface (/rs/shops/) through; if the app was removed from the shop, "
            "install it again and connect the shop again.",
        ),
        ConnectionTrouble.SOMETHING_ELSE_ANSWERS: TroubleText(
            who=ActingParty.MERCHANT,
            cause_de="Unter der Adresse des Shops antwortet etwas anderes: eine Weiterleitung oder eine "
            "Webseite statt der Schnittstelle.",
            cause_en="Something else answers at the shop's address: a redirect or a web page instead of the "
            "interface.",
            remedy_de="Ist es eine Wartung, geht es von selbst weiter. Ist der Shop umgezogen, ihn unter "
            "seiner neuen Adresse verbinden; die Verbindung zieht dann mit um.",
            remedy_en="If it is maintenance, it goes on by itself. If the shop has moved, connect it at its "
            "new address; the connection moves with it.",
        ),
    }
)
