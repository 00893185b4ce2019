"""A file read, whatever its state, and never modified."""

from ._examine import apart, examine
from ._reader import Reader, Reader as open_reader, companion_path
from ._verify import Damage, Verified, verify

__all__ = [
    "Damage",
    "Reader",
    "Verified",
    "apart",
    "companion_path",
    "examine",
    "open_reader",
    "verify",
]
