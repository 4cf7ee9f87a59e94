"""What the experiments run on: photographs, weights, CIFAR-10 and activations."""
