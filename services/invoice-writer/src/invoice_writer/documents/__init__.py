"""What is done with each message about a document: facts from the shop, and what people order."""

from invoice_writer.documents.by_people import DocumentCommands
from invoice_writer.documents.desk import DocumentDesk
from invoice_writer.documents.facts import DocumentFacts

__all__ = [
    "DocumentCommands",
    "DocumentDesk",
    "DocumentFacts",
]
