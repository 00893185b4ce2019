"""The compiled layer: arrays and plain numbers in and out; the only room with numba in it."""
