"""Documents that are decided again: marked once when their cause is gone, put in line a portion at a time."""
