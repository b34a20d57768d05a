"""Customers in the books: found, made and kept up to date, one contact for each."""

from invoice_writer.contacts.effect import ContactNeed
from invoice_writer.contacts.finding import Contacts
from invoice_writer.contacts.index import ContactIndex

__all__ = [
    "ContactIndex",
    "ContactNeed",
    "Contacts",
]
