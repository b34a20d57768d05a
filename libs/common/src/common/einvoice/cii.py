"""Reads number, kind and totals of a Cross Industry Invoice: ZUGFeRD 1 and 2, Factur-X, XRechnung as CII."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from common.domain.money import Money
from common.domain.verdicts import EInvoice

CREDIT_NOTES = frozenset(
    {"381", "81", "83", "261", "262", "296", "308", "396", "420", "458", "502", "503", "532"}
)
EITHER_WAY = frozenset({"384", "457"})  # written for cancellations and for invoices that ask for money alike
LONGEST_TEXT = 200
_AMOUNT = re.compile(r"[+-]?([0-9]{1,13}(\.[0-9]{0,8})?|\.[0-9]{1,8})")
_CURRENCY = re.compile(r"[A-Z]{3}")


class UnreadableEInvoice(Exception):
    """The XML is broken, hostile or no invoice; its totals cannot be known."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a version of the format keeps what we compare."""

    head: str
    settlement: str
    sums: str


LAYOUTS = {
    "CrossIndustryInvoice": Paths(
        "{*}ExchangedDocument",
        "{*}SupplyChainTradeTransaction/{*}ApplicableHeaderTradeSettlement",
        "{*}SpecifiedTradeSettlementHeaderMonetarySummation",
    ),
    "CrossIndustryDocument": Paths(
        "{*}HeaderExchangedDocument",
        "{*}SpecifiedSupplyChainTradeTransaction/{*}ApplicableSupplyChainTradeSettlement",
        "{*}SpecifiedTradeSettlementMonetarySummation",
    ),
}


def read_einvoice(xml: bytes) -> EInvoice:
    """What the e-invoice says about the document as a whole; raises `UnreadableEInvoice`."""
    root = _parsed(xml)
    paths = LAYOUTS.get(etree.QName(root).localname)
    if paths is None:
        raise UnreadableEInvoice("not_a_cross_industry_invoice")
    settlement = root.find(paths.settlement)
    sums = settlement.find(paths.sums) if settlement is not None else None
    if settlement is None or sums is None:
        raise UnreadableEInvoice("no_totals")
    currency = _text(settlement, "{*}InvoiceCurrencyCode").upper()
    if not _CURRENCY.fullmatch(currency):
        raise UnreadableEInvoice("no_currency")
    kind = _text(root, f"{paths.head}/{{*}}TypeCode")
    grand = _amount(_text(sums, "{*}GrandTotalAmount"), currency)
    sign = -1 if grand.minor < 0 else 1
    return EInvoice(
        number=_text(root, f"{paths.head}/{{*}}ID"),
        is_correction=_direction(kind, grand),
        grand_total=abs(grand),
        rounding=_times(sign, _optional(sums, "RoundingAmount", currency)),
        settled=_times(sign, _settled(sums, currency)),
        tax_total=_tax(sums, currency),
    )


def _direction(kind: str, grand: Money) -> bool | None:
    """Whether money goes back to the customer; None where neither code nor sign tell."""
    if kind in CREDIT_NOTES or grand.minor < 0:
        return True
    return None if kind in EITHER_WAY else False


def _parsed(xml: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,  # they may stand inside a value, which is read as one text without them
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as trouble:
        raise UnreadableEInvoice("broken_xml") from trouble
    if root.getroottree().docinfo.doctype:
        raise UnreadableEInvoice("document_type_declared")
    return root


def _tax(sums: Any, currency: str) -> Money | None:
    """The tax in the currency of the invoice; it may stand beside the same in another one."""
    found = [tax for tax in sums.findall("{*}TaxTotalAmount") if tax.get("currencyID", currency) == currency]
    return abs(_amount(_content(found[0]), currency)) if found else None


def _settled(sums: Any, currency: str) -> Money | None:
    """What was paid before and what is due; None where one is not told, or both are nothing."""
    prepaid = _optional(sums, "TotalPrepaidAmount", currency)
    due = _optional(sums, "DuePayableAmount", currency)
    return (prepaid + due or None) if prepaid is not None and due is not None else None


def _optional(sums: Any, name: str, currency: str) -> Money | None:
    text = _text(sums, f"{{*}}{name}")
    return _amount(text, currency) if text else None


def _times(sign: int, amount: Money | None) -> Money | None:
    return -amount if amount is not None and sign < 0 else amount


def _amount(text: str, currency: str) -> Money:
    if not _AMOUNT.fullmatch(text):
        raise UnreadableEInvoice("no_amount")
    amount = Decimal(text)
    money = Money.of(amount, currency)
    if money.decimal != amount:
        raise UnreadableEInvoice("fractions_of_a_cent")
    return money


def _text(element: Any, path: str) -> str:
    found = element.find(path)
    return "" if found is None else _content(found)


def _content(element: Any) -> str:
    return (element.text or "").strip()[:LONGEST_TEXT]
