"""Messages received: accepted once, worked in order per key."""
