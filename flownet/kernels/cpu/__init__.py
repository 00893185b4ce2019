"""Kernels for the CPU, compiled by numba."""

from .base import elementary as _elementary  # what stands for plain functions, before they compile


__all__ = ["_elementary"]
