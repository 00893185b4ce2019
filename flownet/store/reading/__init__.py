"""A file read, whatever its state, and never modified."""

from ._reader import Reader, Reader as open_reader, companion_path

__all__ = ["Reader", "companion_path", "open_reader"]
