"""What requests bring and answers hold."""
