"""The history of the schema, run by one job before a release."""
