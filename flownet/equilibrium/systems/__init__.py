"""Physical systems, ready to learn."""

from ._hopfield import Hopfield

__all__ = ["Hopfield"]
