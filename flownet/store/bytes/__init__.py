"""The bytes of a file: superblock, lock, attributes, columns, checkpoint slots."""

from ._checkpoint import Checkpoint, Kept, Slots
from ._checksum import checksum, plain_bytes, with_checksum
from ._columns import Appender, write_number
from ._flatfile import FlatFile
from ._lock import Lock, beginning, busy, refuse_busy
from ._staged import StagedFile

__all__ = [
    "Appender",
    "Checkpoint",
    "FlatFile",
    "Kept",
    "Lock",
    "Slots",
    "StagedFile",
    "beginning",
    "busy",
    "checksum",
    "plain_bytes",
    "refuse_busy",
    "with_checksum",
    "write_number",
]
