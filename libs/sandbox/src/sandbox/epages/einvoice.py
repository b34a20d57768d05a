"""The Factur-X invoice that a shop may put into its PDF files, right or wrong as ordered."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from decimal import Decimal

from sandbox.epages.models import Document, Shop
from sandbox.epages.values import cents, plain

EINVOICE_NAME = "factur-x.xml"
GUIDELINE = "urn:factur-x.eu:1p0:basicwl"
SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
EURO_TOO_MUCH = Decimal(1)
INVOICE, CREDIT_NOTE = "380", "381"

for _prefix, _space in SPACES.items():
    ET.register_namespace(_prefix, _space)


def einvoice_of(shop: Shop, document: Document) -> bytes | None:
    """The XML of the document, or None when the shop writes none; amounts of credit notes are positive."""
    if document.einvoice == "none":
        return None
    content = _written(shop, document)
    return content[: len(content) // 2] if document.einvoice == "broken" else content


def _written(shop: Shop, document: Document) -> bytes:
    mode, is_invoice = document.einvoice, document.type == "Invoice"
    root = ET.Element(_tag("rsm:CrossIndustryInvoice"))
    _add(
        root,
        {"rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID": GUIDELINE},
    )
    number = f"{document.number}X" if mode == "wrong_number" else str(document.number)
    kind = INVOICE if is_invoice != (mode == "wrong_kind") else CREDIT_NOTE
    head = {"ram:ID": number, "ram:TypeCode": kind, "ram:IssueDateTime/udt:DateTimeString": _day(document)}
    _add(ET.SubElement(root, _tag("rsm:ExchangedDocument")), head)
    deal = ET.SubElement(root, _tag("rsm:SupplyChainTradeTransaction"))
    names = (document.address.get("firstName"), document.address.get("lastName"))
    parties = {
        "ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty/ram:Name": shop.name,
        "ram:ApplicableHeaderTradeAgreement/ram:BuyerTradeParty/ram:Name": " ".join(filter(None, names)),
        "ram:ApplicableHeaderTradeDelivery": "",
    }
    _add(deal, parties)
    _settle(ET.SubElement(deal, _tag("ram:ApplicableHeaderTradeSettlement")), document)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _settle(settlement: ET.Element, document: Document) -> None:
    totals, currency = document.basket.totals(), document.basket.currency
    _add(settlement, {"ram:InvoiceCurrencyCode": currency})
    for rate, tax in totals.tax_by_rate.items():
        share = {"ram:CalculatedAmount": _money(tax), "ram:TypeCode": "VAT"}
        share |= {"ram:CategoryCode": "S" if rate else "Z", "ram:RateApplicablePercent": plain(rate)}
        _add(ET.SubElement(settlement, _tag("ram:ApplicableTradeTax")), share)
    grand, tax = totals.grand, totals.tax
    if document.einvoice == "wrong_total":
        grand += EURO_TOO_MUCH
    if document.einvoice == "wrong_tax":
        tax += EURO_TOO_MUCH
    sums = ET.SubElement(settlement, _tag("ram:SpecifiedTradeSettlementHeaderMonetarySummation"))
    _add(sums, {"ram:TaxBasisTotalAmount": _money(totals.before_tax), "ram:TaxTotalAmount": _money(tax)})
    sums[-1].set("currencyID", currency)
    _add(sums, {"ram:GrandTotalAmount": _money(grand), "ram:DuePayableAmount": _money(grand)})


def _add(parent: ET.Element, texts: Mapping[str, str]) -> None:
    """Elements by their path, made where they are missing, with their text."""
    for path, text in texts.items():
        element = parent
        for step in path.split("/"):
            known = element.find(_tag(step))
            element = ET.SubElement(element, _tag(step)) if known is None else known
        element.text = text


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _day(document: Document) -> str:
    return document.issued[:10].replace("-", "")


def _money(amount: Decimal) -> str:
    return str(cents(amount))
