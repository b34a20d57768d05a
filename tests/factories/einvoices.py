"""E-invoices and PDF files around them, right, wrong and hostile."""

import io
import zlib

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, EmbeddedFile, NameObject, NumberObject

NAME = "factur-x.xml"
TAX_TOTAL = '<ram:TaxTotalAmount currencyID="{currency}">{tax}</ram:TaxTotalAmount>'
FACTUR_X = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice
  xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
  <rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode></rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        {tax}
        <ram:GrandTotalAmount>{grand}</ram:GrandTotalAmount>
        <ram:DuePayableAmount>0.00</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""
ZUGFERD_1 = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryDocument
  xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12">
  <rsm:HeaderExchangedDocument>
    <ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
  </rsm:HeaderExchangedDocument>
  <rsm:SpecifiedSupplyChainTradeTransaction>
    <ram:ApplicableSupplyChainTradeSettlement>
      <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementMonetarySummation>
        {tax}
        <ram:GrandTotalAmount currencyID="{currency}">{grand}</ram:GrandTotalAmount>
      </ram:SpecifiedTradeSettlementMonetarySummation>
    </ram:ApplicableSupplyChainTradeSettlement>
  </rsm:SpecifiedSupplyChainTradeTransaction>
</rsm:CrossIndustryDocument>"""


def make_xml(
    grand: str = "49.90",
    tax: str | None = "7.97",
    *,
    number: str = "R-2025-0311",
    kind: str = "380",
    currency: str = "EUR",
    layout: str = FACTUR_X,
) -> bytes:
    """The e-invoice of `make_invoice`."""
    tax_total = (
        "" if tax is None else f'<ram:TaxTotalAmount currencyID="{currency}">{tax}</ram:TaxTotalAmount>'
    )
    text = layout.format(number=number, kind=kind, currency=currency, tax=tax_total, grand=grand)
    return text.encode()


def make_pdf(xml: bytes | None = None, *, name: str = NAME, password: str | None = None) -> bytes:
    """A PDF with an empty page and, when given, this file inside."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if xml is not None:
        writer.add_attachment(name, xml)
    if password is not None:
        writer.encrypt(password, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def make_bomb(unpacked: int = 200 * 1024 * 1024) -> bytes:
    """A small PDF whose e-invoice unpacks to this many bytes."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    attachment: EmbeddedFile = writer.add_attachment(NAME, b"<x/>")
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" * 1024 * 1024) for _ in range(unpacked // 1024 // 1024))
    stream = DecodedStreamObject()
    stream.set_data(packed + packer.flush())
    stream.update({NameObject("/Type"): NameObject("/EmbeddedFile")})
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    stream[NameObject("/Length")] = NumberObject(len(packed))
    files = attachment.pdf_object["/EF"]
    assert isinstance(files, DictionaryObject)
    files[NameObject("/F")] = writer._add_object(stream)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
