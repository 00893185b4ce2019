"""The few passes over flat arrays that every room of the kernels needs."""

from .._compile import jit


@jit(cached=False)
def clear(a):
    """a ← 0."""
    for i in range(a.size):
        a[i] = a.dtype.type(0)


@jit(cached=False)
def copy(a, b):
    """a ← b."""
    for i in range(a.size):
        a[i] = b[i]


@jit(cached=False)
def times(a, b):
    """a ← a·b, element by element."""
    for i in range(a.size):
        a[i] *= b[i]
