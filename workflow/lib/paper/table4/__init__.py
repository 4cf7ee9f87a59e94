"""Table 4 and Figure 4: activations reconstructed by IHT, and the pictures decoded from them."""
