"""Kernels: made for one real type when first launched there, and listed for the tests.

A factory `make(real, *variant)` gives a plain function; scalar bodies are chosen by the type when
it is made. Threads of a block and blocks depend on shapes alone, never on the device: with them the
order of every sum is fixed.
"""

from functools import cached_property

import numpy as np

from ...._compile._cuda import SIMULATED, kernel as compiled
from .current import stream

KERNELS = []  # all that there are: a test compiles each for several processors

#: threads of a block, of kernels that need no other number; in the simulator each is a thread
THREADS = 2 if SIMULATED else 128
_BLOCKS = 2 if SIMULATED else 2048  # of a grid at most: threads go on with what is left
_CASTS = {"f8": float, "i8": int}


class Kernel:
    """A kernel of the device, called as `kernel(shape, *args)`, with shape (blocks, threads).

    Parameters
    ----------
    make : function
        `make(real, *variant)`: the plain function, made for a real type.
    takes : str
        Types of its arguments, see `_compile._cuda.signature`; the first array of type `r` says for
        which real type it is made.
    variants : sequence of tuple
        Variants that a test compiles.
    options
        Of the compiler.
    """

    def __init__(self, make, takes, variants, options):
        self.make, self.takes, self.variants, self.bounds = make, takes, variants, options
        self.__doc__, self.name = make.__doc__, f"{make.__module__}.{make.__name__}"
        self._made = {}
        KERNELS.append(self)

    @cached_property
    def _words(self):
        return self.takes.split()

    @cached_property
    def _typed(self):
        """Place of the first array of the real type, or None: then all is float64."""
        return next((i for i, word in enumerate(self._words) if word.startswith("r[")), None)

    def of(self, real, *variant):
        """What is launched, made for a real type."""
        key = np.dtype(real), variant
        if key not in self._made:
            made = self.make(np.dtype(real).type, *variant)
            self._made[key] = compiled(made, (key[0].name, variant), **self.bounds)
        return self._made[key]

    def __call__(self, shape, *args, variant=()):
        real = np.dtype(np.float64) if self._typed is None else args[self._typed].dtype
        args = [
            arg if "[" in word else _CASTS.get(word, real.type)(arg)
            for word, arg in zip(self._words, args)
        ]
        self.of(real, *variant)[(*shape, stream())](*args)


def kernel(takes, *, variants=((),), **options):
    """Make a factory of plain functions a `Kernel`."""
    return lambda make: Kernel(make, takes, variants, options)


def over(count, threads=THREADS):
    """Blocks and threads for so many numbers, some of them after others where they are many."""
    return max(1, min(-(-count // threads), _BLOCKS)), threads
