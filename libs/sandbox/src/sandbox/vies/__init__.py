"""A simulator of VIES, the European Commission's register of VAT ids in use."""
