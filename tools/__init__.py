"""What the Makefile and the tests use beside the product itself."""
