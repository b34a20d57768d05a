"""What stands between the public network and our web applications."""
