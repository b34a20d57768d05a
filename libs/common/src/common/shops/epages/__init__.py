"""The classic ePages REST API."""
