"""The paper's statistics for any network: sparsity, coherence, model-RIP, one step of IHT."""
