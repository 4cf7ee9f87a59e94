"""Metrics of decoded pictures: known values, symmetry, order."""
