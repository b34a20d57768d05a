"""Outgoing HTTP: client, gate, rate limit, retry of safe requests, redaction."""
