"""What keeps a shop from being read though its token is good, and what to tell whom; a closed list."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from common.domain.reason_codes import Who


class ConnectionTrouble(StrEnum):
    """The cause; a code never changes its meaning."""

    ANSWER_ENCODING_REFUSED = "answer_encoding_refused"
    ADDRESS_REFUSED = "address_refused"


@dataclass(frozen=True, slots=True)
class TroubleText:
    """Cause and remedy in both languages, and who acts."""

    who: Who
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


TROUBLES: Mapping[ConnectionTrouble, TroubleText] = MappingProxyType(
    {
        ConnectionTrouble.ANSWER_ENCODING_REFUSED: TroubleText(
            who=Who.MERCHANT,
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
            who=Who.MERCHANT,
            cause_de="Die Adresse des Shops führt nicht zu einem öffentlichen Server mit https. "
            "Er wurde nicht gefragt.",
            cause_en="The shop's address does not lead to a public server with https. It was not asked.",
            remedy_de="Die DNS-Einträge der Shop-Domain prüfen lassen: Alle müssen auf öffentliche Adressen "
            "zeigen. Danach geht es von selbst weiter.",
            remedy_en="Have the DNS records of the shop's domain checked: all must name public addresses. "
            "Then it goes on by itself.",
        ),
    }
)
