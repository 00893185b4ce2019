"""Data sets: some that come with flownet, two made on the spot, MNIST from its files, yours."""

from ._dataset import Dataset
from ._file import load_file
from ._load import from_table, load, names
from ._made import spiral, teacher

__all__ = ["Dataset", "from_table", "load", "load_file", "names", "spiral", "teacher"]
