"""From the activations of a traced network back to the picture, without training a decoder."""
