"""What upstreams send, turned into our words; pure functions."""
