"""Relaxations as networks unrolled in time, and backpropagation through them."""

from ._gdu import GDU, gdu

__all__ = ["GDU", "gdu"]
