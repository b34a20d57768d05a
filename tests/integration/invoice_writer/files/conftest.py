"""A running simulator and a connected tenant, for what is tried without a writer around it."""

from support.connected import books, client, lexware, network

__all__ = ["books", "client", "lexware", "network"]
