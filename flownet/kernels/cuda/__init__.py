"""Kernels for CUDA devices: the entries of this device, loaded when first used."""
