"""Measures what the connector costs and how fast it is; `python -m bench` prints it, asserts nothing."""
