"""A whole training loop in one kernel: a block of threads trains a small network."""
