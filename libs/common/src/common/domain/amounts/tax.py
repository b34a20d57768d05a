"""Tax taken out of or put on an amount by the column method."""

from decimal import Decimal

from common.domain.money import Money, round_cents

ZERO_RATE = Decimal(0)


def is_plausible(rate: Decimal) -> bool:
    """Whether this can be a rate at all: a percentage that can be reckoned with."""
    return 0 <= rate <= 100


def tax_in_gross(gross: Money, rate: Decimal) -> Money:
    """The tax inside a gross column amount, rounded half up once for the whole column."""
    return Money(round_cents(gross.minor * rate / (100 + rate)), gross.currency)


def tax_on_net(net: Money, rate: Decimal) -> Money:
    """The tax on a net column amount, rounded half up once for the whole column."""
    return Money(round_cents(net.minor * rate / 100), net.currency)


def plain_rate(rate: Decimal) -> str:
    """The rate as people write it: 19, not 19.0 or 1.9E+1."""
    return format(rate.normalize(), "f")
