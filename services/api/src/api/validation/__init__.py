"""What does not fit about a request, in our words: which field, and what was expected there."""
