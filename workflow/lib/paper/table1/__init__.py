"""Table 1: CNNs with random and with learned filters on CIFAR-10."""
