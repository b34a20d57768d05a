"""Turns issued documents into vouchers in the books, exactly once."""
