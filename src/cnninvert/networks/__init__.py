"""Pretrained networks as named layers, and their layers as operators."""
