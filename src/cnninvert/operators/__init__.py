"""Linear operators of convolutional layers, the sparsity model, and pooling switches."""
