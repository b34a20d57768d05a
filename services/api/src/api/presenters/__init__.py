"""Rows and stored objects as the interface shows them; pure, without a query."""
