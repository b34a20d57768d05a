"""Why a line has no VAT: the merchant's rule that fits it, or that it is a multi-purpose voucher."""

import re

from common.domain.cleaning import clean
from common.domain.documents import DocumentLine
from common.domain.merchant import MerchantSettings, ZeroRule

_VOUCHER = re.compile(
    r"gut\s?schein|geschenk-?\s?karte|wert-?\s?karte|gift-?\s?(?:card|voucher|certificate)|mehrzweck|"
    r"(?:bon|carte|ch[eè]que)s?[- ]cadeau|cadeau(?:bon|kaart)|buono regalo|tarjeta regalo",
    re.IGNORECASE,
)


def is_voucher(line: DocumentLine, settings: MerchantSettings) -> bool:
    """Whether the line sells a multi-purpose voucher, which is no supply (§ 3 (15) UStG).

    Only a line without VAT can: a voucher taxed when it is sold is the sale itself. Words in the name of
    product or tax class say so, or a rule of the merchant, whose word on an article number also goes against
    the words.
    """
    if line.rate is None or line.rate:
        return False
    rule = _named_rule(line, settings)
    if rule is not None and (rule.voucher or rule.sku is not None):
        return rule.voucher
    return bool(_VOUCHER.search(clean(line.name)) or _VOUCHER.search(clean(line.tax_class)))


def zero_category(
    line: DocumentLine, settings: MerchantSettings, *, only_by_rule: bool = False
) -> str | None:
    """The category chosen for why this line has no VAT; None where nobody said why.

    `only_by_rule`: there is another cause at hand than that of goods sold without VAT at home.
    """
    if is_voucher(line, settings):
        rules = (
            rule for rule in settings.zero_rates if rule.voucher and (not rule.names_any or fits(rule, line))
        )
        return next((rule.category_id for rule in rules), None)
    rule = next((rule for rule in settings.zero_rates if not rule.voucher and fits(rule, line)), None)
    otherwise = None if only_by_rule else settings.domestic_zero_category_id
    return otherwise if rule is None else rule.category_id


def fits(rule: ZeroRule, line: DocumentLine) -> bool:
    """Whether all that the rule names is true of the line, and it names anything."""
    return rule.names_any and all(
        (
            rule.tax_class is None or _same(rule.tax_class, line.tax_class),
            rule.sku is None or _is_sku(rule.sku, line.sku),
            rule.name is None or clean(rule.name).casefold() in clean(line.name).casefold(),
        )
    )


def _named_rule(line: DocumentLine, settings: MerchantSettings) -> ZeroRule | None:
    return next((rule for rule in settings.zero_rates if fits(rule, line)), None)


def _same(wanted: str, given: str | None) -> bool:
    return clean(wanted).casefold() == clean(given).casefold()


def _is_sku(wanted: str, given: str | None) -> bool:
    pattern, sku = clean(wanted).casefold(), clean(given).casefold()
    return sku.startswith(pattern[:-1]) if pattern.endswith("*") else sku == pattern
