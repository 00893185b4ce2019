"""The format of a file: its names, its version, and the small records of its state."""

import numpy as np

FORMAT = "flownet-trajectory"
ANALYSIS = "flownet-analysis"
VERSION = 1
CLOCK = {"iteration": np.dtype("<i8"), "time": np.dtype("<f8")}  # columns that can be shared
COLUMNS = (*CLOCK, "value")

# One entry a block: its committed rows, and the xxh3 of those rows in each column.
RECORD = np.dtype([("rows", "<i8"), *((column, "<u8") for column in COLUMNS)])
# One number of the state, with the xxh3 of its eight bytes.
NUMBER = np.dtype([("value", "<i8"), ("xxh3_64", "<u8")])
# First entry of a checkpoint: which one it is, where the run stood, and the xxh3 of the whole slot.
HEADER = np.dtype([("sequence", "<i8"), ("iteration", "<i8"), ("time", "<f8"), ("xxh3_64", "<u8")])
# Beside the arrays of a checkpoint: a RECORD of each quantity's last block, as plain numbers.
BLOCKS = "blocks"
# SIGKILL can stop a write at the edge of a page: what is small enough never crosses one, neither
# a counter nor a piece of HDF5's own index, whose checksum half a write would break.
ALIGN = 1024
RECORDS = 128  # entries in a chunk of checksums: 4 kB, one page
