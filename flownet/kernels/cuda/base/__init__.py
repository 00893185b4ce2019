"""What every kernel on a CUDA device needs."""
