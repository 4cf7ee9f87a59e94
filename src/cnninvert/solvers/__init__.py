"""Model-based iterative hard thresholding, and l1 least squares of whole batches."""
