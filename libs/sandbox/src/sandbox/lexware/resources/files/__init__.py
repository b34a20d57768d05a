"""Files: their API, and how an upload is read and checked."""
