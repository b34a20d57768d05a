"""How outbox rows reach inboxes: in the same database or through Kafka."""
