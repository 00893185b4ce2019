"""How a network's numbers look to kernels, which know real numbers only.

Real numbers are handed on as they are. Of complex ones kernels see planes: samples as rows with the
real parts first, then the imaginary ones, and the weights of each layer as one real matrix twice as
high and as wide (`kernels.planes`).
"""

import numpy as np


class RealsAsTheyAre:
    """Real numbers as kernels take them: nothing to do."""

    def __init__(self, dtype):
        self.real = dtype

    def point(self, W):
        """What kernels take for parameters W (D,)."""
        return W

    displacement = point

    def covector(self, dL):
        """Covector on the parameters from what a kernel gave."""
        return dL

    def samples(self, x):
        """Inputs, truth or cotangents as kernels take them."""
        return x

    def outputs(self, y):
        """Outputs from what a kernel gave."""
        return y


class ComplexAsReals:
    """Complex numbers as kernels take them: planes of real and imaginary parts.

    Parameters
    ----------
    kernels : namespace
        Of a device.
    net : `kernels.layout.Net`
    dtype : dtype
        complex64 or complex128.
    size : int
        D, the number of parameters.
    readout : bool
        Whether outputs are real.
    """

    def __init__(self, kernels, net, dtype, size, readout):
        self._net, self._dtype, self._size, self._readout = net, dtype, size, readout
        self._planes_of, self._from_planes = kernels.planes_of, kernels.from_planes
        self.real = np.zeros(0, dtype).real.dtype
        self._planes = kernels.empty_planes(net, self.real)
        self._fixed = len(self._planes)
        if readout:
            self._fixed = int(net.weight[-1])

    def point(self, W):
        """Planes of parameters W (D,)."""
        E = self._planes.copy()
        self._planes_of(self._net, in_reals(W), E)
        return E

    def displacement(self, V):
        """Planes of a displacement V (D,): the weights of a readout do not move."""
        E = self.point(V)
        E[self._fixed :] = 0
        return E

    def covector(self, dE):
        """Covector ∂L/∂x + i∂L/∂y (D,) of one on the planes."""
        dL = np.empty(self._size, self._dtype)
        self._from_planes(self._net, dE, in_reals(dL))
        return dL

    def samples(self, x):
        """Rows of real, then imaginary parts; real rows, those of a readout, as they are."""
        return planes(x) if x.dtype.kind == "c" else x

    def outputs(self, y):
        """Complex outputs of planes; those of a readout are real already."""
        if self._readout:
            return y
        n = y.shape[1] // 2
        return (y[:, :n] + 1j * y[:, n:]).astype(self._dtype, copy=False)


def planes(rows):
    """Real parts, then imaginary parts, of complex rows (m, n): (m, 2n)."""
    return np.ascontiguousarray(np.concatenate([rows.real, rows.imag], axis=1))


def in_reals(W):
    """Complex numbers (…, D) as reals (…, 2D): re, im, re, im, …; the same memory. Reals as is."""
    return W.view(W.real.dtype) if W.dtype.kind == "c" else W


def in_complex(u):
    """Reals (…, 2D) as complex numbers (…, D); the same memory."""
    u = np.ascontiguousarray(u)
    return u.view(np.result_type(u.dtype, np.complex64))
