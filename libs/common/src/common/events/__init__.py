"""Facts and orders that travel between the services."""
