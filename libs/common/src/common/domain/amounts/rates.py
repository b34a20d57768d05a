"""VAT rates above zero by country and day of supply, read once from the table beside this module."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("rates.toml")


class UnsoundRates(ValueError):
    """The table of rates contradicts itself."""


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """Rates above zero in force from the first to the last day, both included; no last day = still."""

    first: date
    last: date | None
    rates: frozenset[Decimal]
    source: str

    def covers(self, on: date) -> bool:
        """Whether the day lies in the period."""
        return self.first <= on and (self.last is None or on <= self.last)


Rates = Mapping[str, tuple[RatePeriod, ...]]


@cache
def rates() -> Rates:
    """The table by country; within a country the periods follow each other without gap or overlap."""
    return read_rates(tomllib.loads(TABLE.read_text("utf-8"), parse_float=Decimal))


def read_rates(table: Mapping[str, Any]) -> Rates:
    """The periods of each country in order of time; raises `UnsoundRates`."""
    return {country: tuple(_checked(country, periods)) for country, periods in table.items()}


def state_of(key: str) -> str:
    """The member state a key of the table belongs to: its own, or that of a region of it."""
    return key.partition("_")[0]


def is_rate_of(key: str, rate: Decimal) -> bool:
    """Whether the country or region ever had this rate above zero, as far as the table goes."""
    return any(rate in period.rates for period in _periods(key))


def is_rate_on(key: str, rate: Decimal, on: date) -> bool:
    """Whether the rate above zero was in force in the country or region on the day of supply."""
    return rate in rates_on(key, on)


def is_covered(key: str, on: date) -> bool:
    """Whether the table knows the rates of the country or region on that day at all."""
    return any(period.covers(on) for period in rates().get(state_of(key), ()))


def rates_on(key: str, on: date) -> frozenset[Decimal]:
    """All rates above zero that were in force in the country or region on the day of supply."""
    return frozenset().union(*(period.rates for period in _periods(key) if period.covers(on)))


@cache
def table_version() -> str:
    """A short name of the table's content, by which a decision says what it knew."""
    return hashlib.sha256(TABLE.read_bytes()).hexdigest()[:12]


def _periods(key: str) -> Iterable[RatePeriod]:
    """A region has the rates of its state besides its own: shops tell countries apart, not regions."""
    yield from rates().get(key, ())
    if (state := state_of(key)) != key:
        yield from rates().get(state, ())


def _checked(country: str, entries: Iterable[Mapping[str, Any]]) -> list[RatePeriod]:
    periods = [
        RatePeriod(
            entry["first"], entry.get("last"), frozenset(map(Decimal, entry["rates"])), entry["source"]
        )
        for entry in entries
    ]
    if not periods or periods[-1].last is not None:
        raise UnsoundRates(f"{country}: no rates for today")
    for before, after in pairwise(periods):
        if before.last is None or before.last + timedelta(days=1) != after.first:
            raise UnsoundRates(f"{country}: {after.first} does not follow {before.last}")
    for period in periods:
        if not period.rates or not all(0 < rate < 100 for rate in period.rates) or not period.source:
            raise UnsoundRates(f"{country}: {period.first} has no rates or no source")
        if period.last is not None and period.last < period.first:
            raise UnsoundRates(f"{country}: {period.first} ends before it begins")
    return periods
