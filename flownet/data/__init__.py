"""Data sets: some that come with flownet, some made on the spot, MNIST from its files, yours."""

from ._antenna import antenna, steering
from ._bloch import bloch
from ._dataset import Dataset
from ._file import load_file
from ._fingerprint import fingerprint, pulses, tissue
from ._load import from_table, load, names
from ._made import gaussian, spiral, teacher, xor_p
from ._orbits import resonator, spring

__all__ = [
    "Dataset",
    "antenna",
    "bloch",
    "fingerprint",
    "from_table",
    "gaussian",
    "load",
    "load_file",
    "names",
    "pulses",
    "resonator",
    "spiral",
    "spring",
    "steering",
    "teacher",
    "tissue",
    "xor_p",
]
