"""What a document prints, split over the rates: gross by rate, tax inside, rates of each country."""

from common.domain.amounts.printed import CannotSplit, PerCategory, PerRate, by_category, by_rate
from common.domain.amounts.rates import is_covered, is_rate_of, is_rate_on, rates_on, state_of, table_version
from common.domain.amounts.split import HOME_RATES_TAKEN_OUT, Column, Split, split_amounts
from common.domain.amounts.tax import ZERO_RATE, plain_rate

__all__ = [
    "HOME_RATES_TAKEN_OUT",
    "ZERO_RATE",
    "CannotSplit",
    "Column",
    "PerCategory",
    "PerRate",
    "Split",
    "by_category",
    "by_rate",
    "is_covered",
    "is_rate_of",
    "is_rate_on",
    "plain_rate",
    "rates_on",
    "split_amounts",
    "state_of",
    "table_version",
]
