"""The bytes of a file: superblock, lock, attributes, columns, checkpoint slots."""

from ._checkpoint import Kept, Slots, check_arrays
from ._columns import Appender, Block, write_number
from ._flatfile import FlatFile
from ._lock import Lock, refuse_busy

__all__ = [
    "Appender",
    "Block",
    "FlatFile",
    "Kept",
    "Lock",
    "Slots",
    "check_arrays",
    "refuse_busy",
    "write_number",
]
