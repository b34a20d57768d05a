"""Which contact of the books a customer is."""
