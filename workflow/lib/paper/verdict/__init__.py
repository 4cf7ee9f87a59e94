"""Ours beside the numbers and the claims of the paper."""
