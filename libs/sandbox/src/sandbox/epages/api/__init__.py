"""What the shop API serves, and the gate in front of it."""
