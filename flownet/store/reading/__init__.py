"""A file read, whatever its state, and never modified."""

from ._reader import Reader, Reader as open_reader, companion_path
from ._rows import Damaged

__all__ = ["Damaged", "Reader", "companion_path", "open_reader"]
