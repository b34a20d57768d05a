"""Finds the e-invoice that a ZUGFeRD or Factur-X file carries inside; the PDF may be broken or hostile."""

import io
from collections.abc import Iterator
from itertools import chain

from pypdf import Configuration, PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, EmbeddedFile

PDF_START = b"%PDF"
NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
LARGEST_PDF = 20 * 1024 * 1024
LARGEST_STREAM = 8 * 1024 * 1024
LARGEST_XML = 5 * 1024 * 1024  # of the e-invoice as it lies in the file, and unpacked
MOST_ATTACHMENTS = 50

# A file of some kilobytes can unpack to gigabytes.
LIMITS = Configuration(
    zlib_maximum_output_length=LARGEST_STREAM,
    lzw_maximum_output_length=LARGEST_STREAM,
    run_length_maximum_output_length=LARGEST_STREAM,
    brotli_maximum_output_length=LARGEST_STREAM,
    array_based_stream_maximum_output_length=LARGEST_STREAM,
    stream_decoding_work_maximum_length=2 * LARGEST_STREAM,
    zlib_maximum_recovery_input_length=64 * 1024,
)


class UnreadablePdf(Exception):
    """Nobody can tell what is inside: broken, encrypted or larger than any invoice."""


class EInvoiceTooLarge(Exception):
    """The PDF carries an e-invoice of more than `LARGEST_XML` bytes, packed or unpacked."""


def embedded_xml(content: bytes) -> bytes | None:
    """The bytes of the e-invoice inside, exactly as they are; None when the file is no PDF or carries none.

    Raises `UnreadablePdf` or `EInvoiceTooLarge`. Needs a moment of computing: call it in a thread.
    """
    if not content.startswith(PDF_START):
        return None
    if len(content) > LARGEST_PDF:
        raise UnreadablePdf("too_large")
    try:
        with apply_configuration(LIMITS):
            return _attached(PdfReader(io.BytesIO(content)))
    except (UnreadablePdf, EInvoiceTooLarge):
        raise
    except Exception as trouble:  # the library warns that broken files may raise anything
        raise UnreadablePdf(type(trouble).__name__) from trouble


def _attached(reader: PdfReader) -> bytes | None:
    """The first file with the name of an e-invoice: of two, that is the one most readers take."""
    for place, attachment in enumerate(chain(reader.attachment_list, _associated(reader))):
        if place >= MOST_ATTACHMENTS:
            raise UnreadablePdf("too_many_attachments")
        names = {str(attachment.name).lower(), str(attachment.alternative_name or "").lower()}
        if not NAMES.isdisjoint(names):
            return _content(attachment)
    return None


def _associated(reader: PdfReader) -> Iterator[EmbeddedFile]:
    """The files of the catalog's `/AF`: some generators name theirs nowhere else."""
    files = reader.root_object.get("/AF")
    files = None if files is None else files.get_object()
    for entry in files if isinstance(files, ArrayObject) else [files]:
        file = None if entry is None else entry.get_object()
        if isinstance(file, DictionaryObject):
            yield EmbeddedFile(name="", pdf_object=file)


def _content(attachment: EmbeddedFile) -> bytes:
    try:
        xml = bytes(attachment.content)
    except LimitReachedError as limit:
        raise EInvoiceTooLarge("unpacked") from limit
    if len(xml) > LARGEST_XML:
        raise EInvoiceTooLarge("unpacked")
    return xml
