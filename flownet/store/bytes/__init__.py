"""The bytes of a file: superblock, lock, attributes, columns, checkpoint slots."""

from ._checkpoint import Checkpoint, Kept, Slots
from ._checksum import checksum, plain_bytes, with_checksum
from ._columns import Appender, write_number
from ._flatfile import FlatFile
from ._header import look_at
from ._lock import Lock, beginning, busy, refuse_busy
from ._new import new_file
from ._staged import StagedFile
from ._superblock import SIGNATURE

__all__ = [
    "SIGNATURE",
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
    "look_at",
    "new_file",
    "plain_bytes",
    "refuse_busy",
    "with_checksum",
    "write_number",
]
