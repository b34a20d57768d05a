"""The Lexware Office API, one module per upstream resource."""
