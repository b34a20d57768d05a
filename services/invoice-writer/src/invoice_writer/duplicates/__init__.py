"""Documents that the books hold twice: found once a day, reported, and repaired by a person."""
