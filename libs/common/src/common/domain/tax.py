"""German rates by date of supply, and tax taken out of or put on an amount by the column method."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.domain.money import Money, round_cents

ZERO_RATE = Decimal(0)
STANDARD = Decimal(19)
REDUCED = Decimal(7)
STANDARD_2020 = Decimal(16)
REDUCED_2020 = Decimal(5)


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """Rates above zero in force from the first to the last day, both included; no last day = still."""

    first: date
    last: date | None
    rates: frozenset[Decimal]

    def covers(self, on: date) -> bool:
        """Whether the day lies in the period."""
        return self.first <= on and (self.last is None or on <= self.last)


RATES: dict[str, tuple[RatePeriod, ...]] = {
    "DE": (
        RatePeriod(date(2007, 1, 1), date(2020, 6, 30), frozenset({STANDARD, REDUCED})),
        RatePeriod(date(2020, 7, 1), date(2020, 12, 31), frozenset({STANDARD_2020, REDUCED_2020})),
        RatePeriod(date(2021, 1, 1), None, frozenset({STANDARD, REDUCED})),
    ),
}


def is_plausible(rate: Decimal) -> bool:
    """Whether this can be a rate at all: a percentage that can be reckoned with."""
    return 0 <= rate <= 100


def is_rate_of(country: str, rate: Decimal) -> bool:
    """Whether the country ever had this rate above zero, as far as the table goes."""
    return any(rate in period.rates for period in RATES.get(country, ()))


def is_rate_on(country: str, rate: Decimal, on: date) -> bool:
    """Whether the rate above zero was in force in the country on the day of supply."""
    return any(period.covers(on) and rate in period.rates for period in RATES.get(country, ()))


def tax_in_gross(gross: Money, rate: Decimal) -> Money:
    """The tax inside a gross column amount, rounded half up once for the whole column."""
    return Money(round_cents(gross.minor * rate / (100 + rate)), gross.currency)


def tax_on_net(net: Money, rate: Decimal) -> Money:
    """The tax on a net column amount, rounded half up once for the whole column."""
    return Money(round_cents(net.minor * rate / 100), net.currency)


def plain_rate(rate: Decimal) -> str:
    """The rate as people write it: 19, not 19.0 or 1.9E+1."""
    return format(rate.normalize(), "f")
