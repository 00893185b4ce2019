"""A potential of complex parameters as one of twice as many reals (re, im, re, im, …).

Whatever is known of real potentials is known of complex ones that way: spectra, splits, flows. The
pairing Re Σ conj(dL)·V is the real scalar product, and the Hessian, which is only real-linear in
complex numbers, is the symmetric matrix of this view. Self terms count Re and Im apart.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..._errors import FlownetError
from ..network import in_complex, in_reals
from ._analytic import Parabola
from ._contract import AnyPotential
from ._own import as_potential
from ._potential import Potential
from ._sum import Sum


def is_complex(potential):
    """Whether a potential's parameters are complex."""
    return potential.dtype is not None and np.dtype(potential.dtype).kind == "c"


def real_view(potential: AnyPotential) -> AnyPotential:
    """The potential of the 2D reals that complex parameters are; a real one is itself."""
    potential = as_potential(potential, needs=())
    return seen_in_reals(potential, potential.dtype) if is_complex(potential) else potential


def seen_in_reals(potential, dtype):
    """The potential of the 2D reals that complex parameters of a dtype are."""
    if isinstance(potential, Sum):
        return Sum([(scale, seen_in_reals(atom, dtype)) for scale, atom in potential.terms])
    if isinstance(potential, Parabola):  # ½κ‖W‖² of either
        seen = Parabola(2 * potential.size, strength=potential.strength)
        return seen.on_device(potential.device)
    return RealView(potential, dtype)


def in_double(potential):
    """A potential in double precision, complex or not; one without a precision is itself."""
    return potential.with_dtype("complex128" if is_complex(potential) else "float64")


class RealView(AnyPotential):
    """A complex potential at u (2D,), W = u[0::2] + i·u[1::2].

    Attributes
    ----------
    potential : the complex potential
    size : int
        2D.
    """

    def __init__(self, potential, dtype=None):
        self.potential, self.size = potential, 2 * potential.size
        self.dtype = np.zeros(0, dtype or potential.dtype).real.dtype
        self.data, self.loss, self.device = potential.data, potential.loss, potential.device

    @cached_property
    def network(self):
        """Layers and units, as splits see them; None of a potential without."""
        network = self.potential.network
        return None if network is None else RealLayout(network)

    def offers(self, *names):
        """Whether the complex potential offers all of these, and so the view."""
        return super().offers(*names) and self.potential.offers(*names)

    @property
    def of_user(self):
        """Whether it is a program of a user's own."""
        return self.potential.of_user

    @property
    def by_units(self):
        """Whether the diagonals of its Hessian take as many actions as there are parameters."""
        return self.potential.by_units

    @property
    def of_network(self):
        """Whether it is the loss of its network on its data."""
        return self.potential.of_network

    @property
    def name(self):
        """What messages call it: as the complex one."""
        return self.potential.name

    def value(self, u):
        """L, a float."""
        return self.potential.value(self._point(u))

    def differential(self, u, *, lowest=0):
        """L and the covector dL (2D,)."""
        loss, dL = self.potential.differential(self._point(u), lowest=lowest)
        return loss, in_reals(dL)

    def differential_on(self, rows, u, *, lowest=0):
        """L and the covector dL (2D,) of some samples alone, a mini-batch."""
        loss, dL = self.potential.differential_on(rows, self._point(u), lowest=lowest)
        return loss, in_reals(dL)

    def sample_losses(self, u):
        """Loss of each sample (m,)."""
        return self.potential.sample_losses(self._point(u))

    def difference(self, u, v):
        """L(u + v) − L(u), summed sample by sample."""
        return self.potential.difference(self._point(u), self._point(v))

    def jet_error(self, u, v, order=2):
        """By how much its method may put each coefficient off."""
        return self.potential.jet_error(self._point(u), self._point(v), order)

    @property
    def jet_order(self):
        """The highest order of its jets."""
        return self.potential.jet_order

    def programs(self):
        """What a file keeps of terms that no table can make again."""
        return self.potential.programs()

    def jet(self, u, v, order=2):
        """Taylor coefficients (order+1,) of s ↦ L(u + sv)."""
        return self.potential.jet(self._point(u), self._point(v), order)

    def sample_jets(self, u, v, order=2):
        """Those of each sample (m, order+1)."""
        return self.potential.sample_jets(self._point(u), self._point(v), order)

    def linearized_jet(self, u, v, order=2):
        """Those of the loss along a straight line of outputs."""
        return self.potential.linearized_jet(self._point(u), self._point(v), order)

    def nudge_jet(self, u, order=2):
        """Coefficients (order, 2D) of a physical system's covector in the nudge."""
        return in_reals(self.potential.nudge_jet(self._point(u), order))

    def bias(self, u, order=4):
        """What the estimate adds to dL, by powers of the nudge (order−1, 2D)."""
        return in_reals(self.potential.bias(self._point(u), order))

    def exact(self, u):
        """L and dL (2D,) itself, where the differential is an estimate."""
        loss, dL = self.potential.exact(self._point(u))
        return loss, in_reals(dL)

    def hessian(self, u):
        """H as a `scipy.sparse.linalg.LinearOperator` (2D, 2D)."""
        return self.potential.hessian(self._point(u))

    def gauss_newton(self, u):
        """Gauss-Newton (2D, 2D)."""
        return self.potential.gauss_newton(self._point(u))

    def fisher(self, u):
        """Fisher information (2D, 2D)."""
        return self.potential.fisher(self._point(u))

    def empirical_fisher(self, u):
        """Empirical Fisher (2D, 2D)."""
        return self.potential.empirical_fisher(self._point(u))

    def jacobian(self, u):
        """Jacobian (m·n_out, 2D)."""
        return self.potential.jacobian(self._point(u))

    def ntk(self, u):
        """Neural tangent kernel."""
        return self.potential.ntk(self._point(u))

    def map_bends(self, u):
        """What the map bends (2D, 2D)."""
        return self.potential.map_bends(self._point(u))

    def with_dtype(self, dtype):
        """The same view in another precision, that of its reals."""
        dtype = np.result_type(dtype, np.complex64)
        return RealView(self.potential.with_dtype(dtype), dtype)

    def on(self, rows):
        """The view of some samples alone."""
        return RealView(self.potential.on(rows), np.result_type(self.dtype, np.complex64))

    def on_device(self, device):
        """The same view with the kernels of a device, or the line that says why not."""
        return RealView(self.potential.on_device(device), np.result_type(self.dtype, np.complex64))

    def describe(self):
        """Tables of data, network and loss."""
        return self.potential.describe()

    @property
    def couples(self):
        """Whether the loss of one sample depends on the outputs of others."""
        return self.potential.couples

    @property
    def compiled(self):
        """What the compiled loop needs: it knows complex networks by their reals."""
        return self.potential.compiled

    @property
    def workspace(self):
        """Context that lends buffers for a batch."""
        return self.potential.workspace

    @property
    def is_compiled(self):
        """Whether kernels know it."""
        return isinstance(self.potential, Potential)

    def __repr__(self):
        return f"{self.potential!r}, as {self.size} reals"

    def _point(self, u):
        u = np.asarray(u)
        if u.shape != (self.size,) or u.dtype.kind == "c":
            raise FlownetError(
                f"parameters have shape {u.shape} and hold {u.dtype}; seen as reals "
                f"they are ({self.size},)."
            )
        return in_complex(u.astype(self.dtype, copy=False))


class RealLayout:
    """Where the reals of a complex network's parameters belong: to which layer, to which unit."""

    by_units = True  # whether diagonals are worked out one unit displacement after another

    def __init__(self, network):
        self._network = network
        self.layers, self.sizes, self.size = network.layers, network.sizes, 2 * network.size
        self.dtype = network.as_reals.real
        self.activation = tuple(f"complex {name}" for name in network.activation)
        self.output = f"complex {network.output}"
        self.ranges = [(2 * begin, 2 * end) for begin, end in network.ranges]
        self.unit_labels = np.repeat(network.unit_labels, 2)

    def forward(self, u, x):
        """Outputs of inputs x (m, n_in)."""
        return self._network.forward(in_complex(np.asarray(u)), x)

    def init(self, seed=0, **words):
        """Initial parameters as reals (2D,)."""
        return in_reals(self._network.init(seed, **words))

    def __repr__(self):
        return f"{self._network!r}, as {self.size} reals"
