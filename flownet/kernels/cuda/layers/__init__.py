"""One layer on a CUDA device: its activation and the loss at the top."""
