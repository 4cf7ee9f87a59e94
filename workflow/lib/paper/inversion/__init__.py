"""Inversion without a decoder, of any network: what is known, and how the pictures are kept."""
