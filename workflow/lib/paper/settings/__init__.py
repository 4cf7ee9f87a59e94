"""The settings: what is allowed, and what can be computed with them. Free of torch."""
