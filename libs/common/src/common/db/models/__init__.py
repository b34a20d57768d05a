"""Every table of the product, grouped by owner."""

from common.db.models import books, core, doubles, effects, ingest, line, numbers, transit, vat
from common.db.models.base import Base

APPEND_ONLY = tuple(
    Base.metadata.tables[name]
    for name in (
        "core.audit_log",
        "core.releases",
        "core.settings_versions",
        "ingest.document_versions",
        "ingest.originals",
        "ingest.einvoices",
        "ingest.einvoice_problems",
        "books.timeline",
        "books.vat_answers",
        "books.einvoice_acceptances",
    )
)

__all__ = [
    "APPEND_ONLY",
    "Base",
    "books",
    "core",
    "doubles",
    "effects",
    "ingest",
    "line",
    "numbers",
    "transit",
    "vat",
]
