"""The REST interface: tenants, connections, settings, documents and dead letters."""
