"""Connections: how one comes about, is renewed and ends."""
