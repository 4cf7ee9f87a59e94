"""Trained decoders: networks that turn a layer's activations back into pictures."""
