"""Contacts: their API, what it refuses, and what people do to them."""
