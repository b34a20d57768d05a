"""E-invoices and PDF files around them, right, wrong and hostile."""

import io
import zlib
from collections.abc import Mapping
from typing import Literal

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    EmbeddedFile,
    NameObject,
    NumberObject,
)

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
        {more}
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
        {more}
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
    rounding: str | None = None,
    prepaid: str | None = None,
    due: str | None = "0.00",
) -> bytes:
    """The e-invoice of `make_invoice`."""
    tax_total = (
        "" if tax is None else f'<ram:TaxTotalAmount currencyID="{currency}">{tax}</ram:TaxTotalAmount>'
    )
    sums = {"RoundingAmount": rounding, "TotalPrepaidAmount": prepaid, "DuePayableAmount": due}
    more = "".join(f"<ram:{name}>{value}</ram:{name}>" for name, value in sums.items() if value is not None)
    return layout.format(
        number=number, kind=kind, currency=currency, tax=tax_total, grand=grand, more=more
    ).encode()


def make_pdf(
    xml: bytes | None = None,
    *,
    name: str = NAME,
    password: str | None = None,
    owner: str | None = None,
    others: Mapping[str, bytes] | None = None,
    listed: Literal["flat", "kids", "af_only"] = "flat",
) -> bytes:
    """A PDF with an empty page and, when given, this file inside, after the `others`.

    `listed`: in a flat list, in a tree of names, or named by `/AF` alone while the others stand in a tree.
    """
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    for other, content in (others or {}).items():
        writer.add_attachment(other, content)
    if xml is not None:
        attachment = writer.add_attachment(name, xml)
        if listed == "af_only":
            root = writer.root_object
            root[NameObject("/AF")] = ArrayObject([writer._add_object(attachment.pdf_object)])
            attachment.delete()
    if listed != "flat":
        _grow_tree(writer)
    if password is not None or owner is not None:
        writer.encrypt(password or "", owner, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _grow_tree(writer: PdfWriter) -> None:
    """Move the list of files into leaves of a name tree, one file each."""
    names = writer.root_object["/Names"]["/EmbeddedFiles"]  # type: ignore[index]
    flat = names.pop(NameObject("/Names"))
    leaves = [
        writer._add_object(DictionaryObject({NameObject("/Names"): ArrayObject(flat[place : place + 2])}))
        for place in range(0, len(flat), 2)
    ]
    names[NameObject("/Kids")] = ArrayObject(leaves)


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
