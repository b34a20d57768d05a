"""External writes that happen exactly once."""
