"""Vouchers: their API, what it refuses, the list over all of them, and what people do to them."""
