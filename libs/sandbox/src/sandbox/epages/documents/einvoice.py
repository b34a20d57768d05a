"""The Factur-X invoice that a shop may put into its PDF files, right or wrong as ordered."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from sandbox.epages.basket import ZERO
from sandbox.epages.models import Document, EInvoiceMode, Shop
from sandbox.epages.values import cents, plain

EINVOICE_NAME = "factur-x.xml"
GUIDELINE = "urn:cen.eu:en16931:2017"
SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
EURO_TOO_MUCH = Decimal(1)
INVOICE, CREDIT_NOTE, CORRECTED = "380", "381", "384"
SELLER_VAT_ID = "DE999999999"
TOO_LARGE = b"<!--" + b" " * (5 * 1024 * 1024) + b"-->"

for _prefix, _space in SPACES.items():
    ET.register_namespace(_prefix, _space)


class Share(NamedTuple):
    """What is charged at one rate."""

    rate: Decimal
    net: Decimal
    tax: Decimal

    @property
    def category(self) -> str:
        """The code of the tax category."""
        return "S" if self.rate else "Z"


def einvoice_of(shop: Shop, document: Document) -> bytes | None:
    """The XML of the document, or None when the shop writes none; amounts of credit notes are positive."""
    if document.einvoice == "none":
        return None
    content = _written(shop, document)
    if document.einvoice == "too_large":
        return content + TOO_LARGE
    return content[: len(content) // 2] if document.einvoice == "broken" else content


def _written(shop: Shop, document: Document) -> bytes:
    mode, shares = document.einvoice, _shares(document)
    root = ET.Element(_tag("rsm:CrossIndustryInvoice"))
    guideline = "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
    _add(root, {guideline: GUIDELINE})
    head = ET.SubElement(root, _tag("rsm:ExchangedDocument"))
    number = f"{document.number}X" if mode == "wrong_number" else str(document.number)
    _add(head, {"ram:ID": number, "ram:TypeCode": _kind(mode, document)})
    _add_day(ET.SubElement(head, _tag("ram:IssueDateTime")), document)
    deal = ET.SubElement(root, _tag("rsm:SupplyChainTradeTransaction"))
    for place, share in enumerate(shares, start=1):
        _add_line(deal, place, share)
    _add_parties(deal, shop, document)
    _settle(ET.SubElement(deal, _tag("ram:ApplicableHeaderTradeSettlement")), document, shares)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _kind(mode: EInvoiceMode, document: Document) -> str:
    if mode in ("storno_384", "negative_381"):
        return CORRECTED if mode == "storno_384" else CREDIT_NOTE
    is_invoice = document.type == "Invoice"
    return INVOICE if is_invoice != (mode == "wrong_kind") else CREDIT_NOTE


def _shares(document: Document) -> list[Share]:
    """Net and tax of each rate: the shop's own, or with the mode `rounded` the tax as net times rate."""
    basket = document.basket
    totals, sign = basket.totals(), -1 if document.einvoice == "negative_381" else 1
    shares = []
    for rate, charged in basket.by_rate().items():
        tax = totals.tax_by_rate[rate]
        net = charged if basket.tax_model == "NET" else charged - tax
        if document.einvoice == "rounded":
            tax = cents(net * rate / 100)
        shares.append(Share(rate, sign * net, sign * tax))
    return shares


def _add_line(deal: ET.Element, place: int, share: Share) -> None:
    """One line for everything at a rate; below zero it is the number of pieces that is negative."""
    line = ET.SubElement(deal, _tag("ram:IncludedSupplyChainTradeLineItem"))
    price = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount"
    known = {
        "ram:AssociatedDocumentLineDocument/ram:LineID": str(place),
        "ram:SpecifiedTradeProduct/ram:Name": f"Ware und Versand zu {plain(share.rate)} %",
        price: _money(abs(share.net)),
    }
    _add(line, known)
    delivery = ET.SubElement(line, _tag("ram:SpecifiedLineTradeDelivery"))
    _add_text(delivery, "ram:BilledQuantity", "-1" if share.net < 0 else "1", unitCode="C62")
    settlement = ET.SubElement(line, _tag("ram:SpecifiedLineTradeSettlement"))
    tax = ET.SubElement(settlement, _tag("ram:ApplicableTradeTax"))
    _add(tax, {"ram:TypeCode": "VAT", "ram:CategoryCode": share.category})
    _add(tax, {"ram:RateApplicablePercent": plain(share.rate)})
    total = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
    _add(settlement, {total: _money(share.net)})


def _add_parties(deal: ET.Element, shop: Shop, document: Document) -> None:
    address = document.address
    names = " ".join(filter(None, (address.get("firstName"), address.get("lastName"))))
    agreement = ET.SubElement(deal, _tag("ram:ApplicableHeaderTradeAgreement"))
    seller = ET.SubElement(agreement, _tag("ram:SellerTradeParty"))
    _add(seller, {"ram:Name": shop.name, "ram:PostalTradeAddress/ram:CountryID": shop.country})
    registration = ET.SubElement(seller, _tag("ram:SpecifiedTaxRegistration"))
    _add_text(registration, "ram:ID", SELLER_VAT_ID, schemeID="VA")
    buyer = ET.SubElement(agreement, _tag("ram:BuyerTradeParty"))
    _add(buyer, {"ram:Name": address.get("company") or names or "Kunde"})
    _add(buyer, {"ram:PostalTradeAddress/ram:CountryID": address.get("country") or shop.country})
    delivery = ET.SubElement(deal, _tag("ram:ApplicableHeaderTradeDelivery"))
    delivered = ET.SubElement(delivery, _tag("ram:ActualDeliverySupplyChainEvent"))
    _add_day(ET.SubElement(delivered, _tag("ram:OccurrenceDateTime")), document)


def _settle(settlement: ET.Element, document: Document, shares: list[Share]) -> None:
    currency, mode = document.basket.currency, document.einvoice
    _add(settlement, {"ram:InvoiceCurrencyCode": currency})
    for share in shares:
        entry = {"ram:CalculatedAmount": _money(share.tax), "ram:TypeCode": "VAT"}
        entry |= {"ram:BasisAmount": _money(share.net), "ram:CategoryCode": share.category}
        entry |= {"ram:RateApplicablePercent": plain(share.rate)}
        _add(ET.SubElement(settlement, _tag("ram:ApplicableTradeTax")), entry)
    _add(settlement, {"ram:SpecifiedTradePaymentTerms/ram:Description": "Zahlbar sofort"})
    net = sum((share.net for share in shares), ZERO)
    tax = sum((share.tax for share in shares), ZERO) + (EURO_TOO_MUCH if mode == "wrong_tax" else 0)
    grand = sum((share.net + share.tax for share in shares), ZERO)
    grand += EURO_TOO_MUCH if mode == "wrong_total" else 0
    rounding = document.basket.totals().grand - grand if mode == "rounded" else ZERO
    sums = ET.SubElement(settlement, _tag("ram:SpecifiedTradeSettlementHeaderMonetarySummation"))
    _add(sums, {"ram:LineTotalAmount": _money(net), "ram:TaxBasisTotalAmount": _money(net)})
    _add_text(sums, "ram:TaxTotalAmount", _money(tax), currencyID=currency)
    if rounding:
        _add(sums, {"ram:RoundingAmount": _money(rounding)})
    _add(sums, {"ram:GrandTotalAmount": _money(grand), "ram:DuePayableAmount": _money(grand + rounding)})


def _add(parent: ET.Element, texts: Mapping[str, str]) -> None:
    """Elements by their path, made where they are missing, with their text."""
    for path, text in texts.items():
        element = parent
        for step in path.split("/"):
            known = element.find(_tag(step))
            element = ET.SubElement(element, _tag(step)) if known is None else known
        element.text = text


def _add_text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, _tag(name), attributes).text = text


def _add_day(parent: ET.Element, document: Document) -> None:
    _add_text(parent, "udt:DateTimeString", document.issued[:10].replace("-", ""), format="102")


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _money(amount: Decimal) -> str:
    return str(cents(amount))
