"""What the paper's theorems speak of, measured: model-RIP, coherence, random signs, bounds."""
