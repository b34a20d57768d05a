"""Organizations: what a connection may learn of its own, and how one is made and changed."""
