"""All services on SQLite in one process; holds no logic of its own."""
