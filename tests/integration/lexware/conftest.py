"""A running simulator and a connected tenant."""

from support.connected import books, client, lexware, network

__all__ = ["books", "client", "lexware", "network"]
