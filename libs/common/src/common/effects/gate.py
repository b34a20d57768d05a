"""The gate of a write, as effects hand it to the clients that send."""

from common.http.gate import Gate, boot_seconds

__all__ = ["Gate", "boot_seconds"]
