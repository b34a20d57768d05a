"""What the api reads: every query is limited to the tenants the caller may see."""
