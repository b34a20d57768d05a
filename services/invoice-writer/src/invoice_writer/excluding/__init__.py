"""What people leave out of the books, and take in again."""
