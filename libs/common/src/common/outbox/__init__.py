"""Facts to publish: recorded in a transaction, relayed after it."""
