"""The addresses of this interface."""
