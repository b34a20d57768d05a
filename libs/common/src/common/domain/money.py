"""Money in minor units: sums, shares that never lose a cent, wire decimals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


class CurrencyMismatch(ValueError):
    """Amounts of different currencies were combined."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents) of one currency; never a float."""

    minor: int
    currency: str = "EUR"

    @classmethod
    def zero(cls, currency: str = "EUR") -> "Money":
        """Nothing, in that currency."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str = "EUR") -> "Money":
        """The wire amount as money, rounded half up to the cent; floats are refused."""
        if isinstance(amount, float):
            raise TypeError("money is never built from a float")
        cents = Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP) * 100
        return cls(int(cents), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount with two decimals, as it stands on the wire."""
        return (Decimal(self.minor) / 100).quantize(CENT)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split in proportion to the weights; the parts add up exactly, the last one takes the rest."""
        if any(weight < 0 for weight in weights):
            raise ValueError("weights must not be negative")
        total = sum(weights)
        if total == 0:
            raise ValueError("at least one weight must be positive")
        last = max(index for index, weight in enumerate(weights) if weight)
        parts = [_share(self.minor, weight, total) for weight in weights]
        parts[last] = self.minor - sum(part for index, part in enumerate(parts) if index != last)
        return [Money(part, self.currency) for part in parts]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor


def total(amounts: Iterable[Money], currency: str = "EUR") -> Money:
    """The sum; nothing in `currency` when there are no amounts."""
    result: Money | None = None
    for amount in amounts:
        result = amount if result is None else result + amount
    return result if result is not None else Money.zero(currency)


def round_cents(value: Decimal) -> int:
    """Cents of an exact amount given in cents, rounded half up (away from zero)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _share(minor: int, weight: int, total_weight: int) -> int:
    return round_cents(Decimal(minor) * weight / total_weight)
