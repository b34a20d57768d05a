"""Finds the e-invoice that a ZUGFeRD or Factur-X file carries inside; the PDF may be broken or hostile."""

import io

from pypdf import Configuration, PdfReader, apply_configuration

PDF_START = b"%PDF"
NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
LARGEST_PDF = 20 * 1024 * 1024
LARGEST_STREAM = 8 * 1024 * 1024
LARGEST_XML = 5 * 1024 * 1024
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


def embedded_xml(content: bytes) -> bytes | None:
    """The bytes of the e-invoice inside, exactly as they are; None when the file is no PDF or carries none.

    Needs a moment of computing: call it in a thread.
    """
    if not content.startswith(PDF_START):
        return None
    if len(content) > LARGEST_PDF:
        raise UnreadablePdf("too_large")
    try:
        with apply_configuration(LIMITS):
            return _attached(content)
    except UnreadablePdf:
        raise
    except Exception as trouble:  # the library warns that broken files may raise anything
        raise UnreadablePdf(type(trouble).__name__) from trouble


def _attached(content: bytes) -> bytes | None:
    reader = PdfReader(io.BytesIO(content))
    for place, attachment in enumerate(reader.attachment_list):
        if place >= MOST_ATTACHMENTS:
            raise UnreadablePdf("too_many_attachments")
        names = {str(attachment.name).lower(), str(attachment.alternative_name or "").lower()}
        if NAMES.isdisjoint(names):
            continue
        xml = bytes(attachment.content)
        if len(xml) > LARGEST_XML:
            raise UnreadablePdf("e_invoice_too_large")
        return xml
    return None
