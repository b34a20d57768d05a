"""What a small business may turn over before it owes VAT (§ 19 UStG), and when to warn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from common.domain.money import Money
from common.domain.reasons import ActingParty

LOWER_LIMIT = Money(25_000_00)  # of a year, for the year that follows it
UPPER_LIMIT = Money(100_000_00)  # of a year, for the rest of it
NOTICE_PERCENT = 90
NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What the documents of one year come to, corrections taken off.

    Open ones (waiting or parked) and those in another currency are told beside it, never counted.
    """

    year: int
    net: Money = NOTHING
    documents: int = 0
    open_gross: Money = NOTHING
    open_documents: int = 0
    other_currency: int = 0


class TurnoverCode(StrEnum):
    """Every warning there is; a code never changes its meaning."""

    PREVIOUS_YEAR_EXCEEDED = "previous_year_exceeded"
    LOWER_LIMIT_NEAR = "lower_limit_near"
    LOWER_LIMIT_EXCEEDED = "lower_limit_exceeded"
    UPPER_LIMIT_NEAR = "upper_limit_near"
    UPPER_LIMIT_EXCEEDED = "upper_limit_exceeded"


@dataclass(frozen=True, slots=True)
class TurnoverWarning:
    """A limit that the turnover of a year has come near or passed."""

    code: TurnoverCode
    limit: Money
    turnover: Turnover


@dataclass(frozen=True, slots=True)
class TurnoverText:
    """Cause and remedy of a warning in both languages, and who acts."""

    who: ActingParty
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


def turnover_warnings(previous: Turnover, current: Turnover) -> tuple[TurnoverWarning, ...]:
    """What a small business has to know about these two years, for each limit at most one warning.

    A limit is passed by the first cent above it; the notice comes at 90 %.
    """
    past = (
        TurnoverCode.PREVIOUS_YEAR_EXCEEDED if previous.net > LOWER_LIMIT else None,
        LOWER_LIMIT,
        previous,
    )
    lower = _level(current.net, LOWER_LIMIT, TurnoverCode.LOWER_LIMIT_NEAR, TurnoverCode.LOWER_LIMIT_EXCEEDED)
    upper = _level(current.net, UPPER_LIMIT, TurnoverCode.UPPER_LIMIT_NEAR, TurnoverCode.UPPER_LIMIT_EXCEEDED)
    judged = (past, (lower, LOWER_LIMIT, current), (upper, UPPER_LIMIT, current))
    return tuple(
        TurnoverWarning(code, limit, turnover) for code, limit, turnover in judged if code is not None
    )


def german_year(moment: datetime) -> int:
    """The calendar year in Germany, whose clocks are an hour ahead of UTC at New Year."""
    return (moment + timedelta(hours=1)).year


def _level(net: Money, limit: Money, near: TurnoverCode, exceeded: TurnoverCode) -> TurnoverCode | None:
    if net > limit:
        return exceeded
    return near if net.minor * 100 >= limit.minor * NOTICE_PERCENT else None


TURNOVER_TEXTS: Mapping[TurnoverCode, TurnoverText] = MappingProxyType(
    {
        TurnoverCode.PREVIOUS_YEAR_EXCEEDED: TurnoverText(
            who=ActingParty.MERCHANT,
            cause_de="Der Umsatz des Vorjahres liegt über 25.000 Euro; dann gilt § 19 UStG im laufenden "
            "Jahr nicht. Das Profil in Lexware Office sagt noch Kleinunternehmer.",
            cause_en="The turnover of the previous year is above 25,000 euros; § 19 UStG then does not "
            "apply in the current year. The profile in Lexware Office still says small business.",
            remedy_de="Sofort mit der Steuerberatung klären; gilt die Regelung nicht mehr, im Shop "
            "Umsatzsteuer ausweisen und das Profil in Lexware Office umstellen.",
            remedy_en="Settle it with the tax adviser at once; if the rule no longer applies, show VAT in "
            "the shop and change the profile in Lexware Office.",
        ),
        TurnoverCode.LOWER_LIMIT_NEAR: TurnoverText(
            who=ActingParty.MERCHANT,
            cause_de="Der Umsatz des Jahres hat 90 % von 25.000 Euro erreicht. Liegt er am Ende darüber, "
            "gilt § 19 UStG im nächsten Jahr nicht; im Jahr der Gründung endet die Regelung "
            "sofort.",
            cause_en="The turnover of the year has reached 90 % of 25,000 euros. If it ends above, § 19 "
            "UStG does not apply in the next year; in the year a business is founded the rule "
            "ends at once.",
            remedy_de="Den Umsatz beobachten und die Umstellung zum Jahreswechsel mit der Steuerberatung "
            "vorbereiten.",
            remedy_en="Watch the turnover and prepare the change at New Year with the tax adviser.",
        ),
        TurnoverCode.LOWER_LIMIT_EXCEEDED: TurnoverText(
            who=ActingParty.MERCHANT,
            cause_de="Der Umsatz des Jahres liegt über 25.000 Euro. Bleibt es dabei, gilt § 19 UStG im "
            "nächsten Jahr nicht; im Jahr der Gründung endet die Regelung sofort.",
            cause_en="The turnover of the year is above 25,000 euros. If it stays there, § 19 UStG does "
            "not apply in the next year; in the year a business is founded the rule ends at once.",
            remedy_de="Mit der Steuerberatung den Wechsel zum 1. Januar planen: Umsatzsteuer im Shop, "
            "Profil in Lexware Office. Im Jahr der Gründung sofort handeln.",
            remedy_en="Plan the change on 1 January with the tax adviser: VAT in the shop, profile in "
            "Lexware Office. Act at once in the year the business is founded.",
        ),
        TurnoverCode.UPPER_LIMIT_NEAR: TurnoverText(
            who=ActingParty.MERCHANT,
            cause_de="Der Umsatz des Jahres hat 90 % von 100.000 Euro erreicht. Schon der Umsatz, der die "
            "Grenze überschreitet, ist steuerpflichtig.",
            cause_en="The turnover of the year has reached 90 % of 100,000 euros. The very sale that "
            "passes the limit is taxed already.",
            remedy_de="Die Umstellung von Shop und Profil jetzt mit der Steuerberatung vorbereiten.",
            remedy_en="Prepare the change of shop and profile with the tax adviser now.",
        ),
        TurnoverCode.UPPER_LIMIT_EXCEEDED: TurnoverText(
            who=ActingParty.MERCHANT,
            cause_de="Der Umsatz des Jahres liegt über 100.000 Euro: § 19 UStG gilt ab dem Umsatz nicht "
            "mehr, der die Grenze überschritten hat.",
            cause_en="The turnover of the year is above 100,000 euros: § 19 UStG no longer applies from "
            "the sale on that passed the limit.",
            remedy_de="Sofort im Shop Umsatzsteuer ausweisen, das Profil in Lexware Office umstellen und "
            "mit der Steuerberatung klären, welche Rechnungen zu berichtigen sind.",
            remedy_en="Show VAT in the shop and change the profile in Lexware Office at once; settle with "
            "the tax adviser which invoices have to be corrected.",
        ),
    }
)
