"""What all services share, in layers; it knows no service."""
