"""Looks at what has happened since documents were booked."""
