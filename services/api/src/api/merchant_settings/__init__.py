"""How a merchant's settings are changed: on which version, merged with what, and what is refused."""
