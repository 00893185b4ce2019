"""The few passes over flat arrays that every room of the kernels needs."""

import math

from ...._compile import part


@part
def clear(a):
    """a ← 0."""
    for i in range(a.size):
        a[i] = a.dtype.type(0)


@part
def copy(a, b):
    """a ← b."""
    for i in range(a.size):
        a[i] = b[i]


@part
def pull_through(slope, g):
    """slope ← g·conj(slope): the cotangent pulled back through an activation."""
    for i in range(slope.size):
        slope[i] = g[i] * slope[i].conjugate()


@part
def mean(a):
    """Mean of float64 numbers, four partial sums in a fixed order."""
    s0 = s1 = s2 = s3 = 0.0
    whole = a.size // 4 * 4
    for i in range(0, whole, 4):
        s0 += a[i]
        s1 += a[i + 1]
        s2 += a[i + 2]
        s3 += a[i + 3]
    for i in range(whole, a.size):
        s0 += a[i]
    return ((s0 + s1) + (s2 + s3)) / a.size


@part
def pairing(a, b):
    """Σ a·b, four partial sums in a fixed order."""
    s0 = s1 = s2 = s3 = 0.0
    whole = a.size // 4 * 4
    for i in range(0, whole, 4):
        s0 += float(a[i]) * float(b[i])
        s1 += float(a[i + 1]) * float(b[i + 1])
        s2 += float(a[i + 2]) * float(b[i + 2])
        s3 += float(a[i + 3]) * float(b[i + 3])
    for i in range(whole, a.size):
        s0 += float(a[i]) * float(b[i])
    return (s0 + s1) + (s2 + s3)


@part
def all_finite(a):
    """Whether no element is NaN or infinite."""
    bad = 0
    for i in range(a.size):
        bad |= not math.isfinite(a[i])
    return bad == 0
