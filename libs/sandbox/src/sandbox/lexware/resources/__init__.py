"""What the API serves, a file for each resource and one for what it refuses."""
