"""Where a PostgreSQL server and a Kafka broker come from when none is given."""
