"""Finite steps on a CUDA device, many a call."""
