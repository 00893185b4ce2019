"""A file read, whatever its state, and never modified."""

from ._examine import examine
from ._reader import Reader, Reader as open_reader, companion_path
from ._verify import Verified, verify

__all__ = ["Reader", "Verified", "companion_path", "examine", "open_reader", "verify"]
