"""Asking tax authorities about VAT ids."""
