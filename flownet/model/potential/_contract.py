"""What a potential is: the contract that every one keeps, the library's and a user's alike."""

from __future__ import annotations

import copy
import math
import numbers
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named
from ...kernels.device import kernels_of
from .._check import array, is_real, pair
from ..network import in_complex, in_reals
from ._straight import Straight

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Device, Vector
    from ...data import Dataset
    from ..network import Network
    from ._loss import Loss

#: what a potential may leave out: asked for, the contract refuses it in one line
OPTIONAL = (
    "jet", "sample_jets", "linearized_jet", "hessian", "hessian_action", "third_action",
    "hessian_diagonal", "diagonals", "sample_losses", "describe", "with_data",
    "gauss_newton", "fisher", "empirical_fisher", "ntk", "jacobian",
)  # fmt: skip

#: what follows from something else, where a class has nothing better
_FOLLOWS = {
    "pushforward": "jet",
    "hessian_action": "hessian",
    "third_action": "hessian",
    "hessian_diagonal": "hessian",
    "diagonals": "hessian",
    "map_bends": "gauss_newton",
}


def is_of_library(cls: type) -> bool:
    """Whether a class is one of this package."""
    return cls.__module__.partition(".")[0] == __name__.partition(".")[0]


class AnyPotential(Straight, Named, ABC):
    """L(W), a function of D parameters: what every potential offers.

    One has to have `size`, `value(W)` and `differential(W)`. The attributes below have defaults.
    `difference`, `with_dtype`, `on`, `init`, `atoms` and sums work as they are here. `jet`,
    `linearized_jet`, `hessian`, `sample_losses` and `sample_jets` may be left out, with what
    follows from them: then they raise an error that says what is offered instead, and
    `offers(name)` is False.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    dtype : dtype or None
        Precision of the parameters; None: that of the parameters it is given.
    network, data, loss
        What it is made of; None where it is not.
    kind : str or None
        Its name in files, of one that its `parameters()` make again; else None.
    of_network : bool
        Whether it is the loss of its network on its data, into which splits may look.
    couples : bool
        Whether the loss of one sample depends on the outputs of others.
    mixes : bool
        Whether a coordinate moves several parameters, so that H has no diagonal of its own.
    real_only : bool
        Whether its parameters cannot be complex.
    of_user : bool
        Whether somebody else than the library wrote it: what it returns is all that is known of it,
        and a run on it begins by comparing its values with its differential.
    by_units : bool
        Whether the diagonals of its Hessian take as many actions as there are parameters.
    estimates : bool
        Whether its differential is an estimate of dL; `exact(W)` is L(W) and dL itself.
    jet_order : int or infinity
        The highest order of its jets.
    device : str
        Whose kernels it works with.
    carried : tuple of int
        Shape (m, n) of states that a run hands on, `carrying(states)`; () without such.
    """

    size: int
    dtype: np.dtype | None = None
    network: Network | Any = None
    data: Dataset | Any = None
    loss: Loss | Any = None
    of_network = couples = mixes = real_only = of_user = by_units = estimates = False
    jet_order: float = math.inf
    device = "cpu"
    carried: tuple[int, ...] = ()

    def __init_subclass__(cls, **words: Any) -> None:
        super().__init_subclass__(**words)
        if "of_user" not in vars(cls):
            cls.of_user = not is_of_library(cls)

    @abstractmethod
    def value(self, W: Vector) -> float:
        """L(W), a float."""

    @abstractmethod
    def differential(self, W: Vector, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the covector dL (D,).

        Of a network's dL only the layers from `lowest` on are wanted, counted from 0; those below
        may hold anything finite.
        """

    def differential_on(self, rows: Vector, W: Vector, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and dL (D,) of some samples alone, a mini-batch."""
        return self.on(rows).differential(W, lowest=lowest)

    @property
    def kernels(self) -> Any:
        """Kernels of its device."""
        return kernels_of(self.device)

    def on_device(self, device: Device) -> AnyPotential:
        """The same potential with the kernels of a device, or the line that says why not."""
        kernels_of(device)
        if device == self.device:
            return self
        moved = copy.copy(self)
        moved.device = device
        return moved

    @property
    def name(self) -> str:
        """What messages call it."""
        return type(self).__name__

    @property
    def learner(self) -> Any:
        """What learns, its network for most; None for formulas."""
        return self.network

    def offers(self, *names: str) -> bool:
        """Whether all these methods or attributes are there, rather than refused."""
        return all(self._offers(name) or self._offers(_FOLLOWS.get(name)) for name in names)

    def _offers(self, name):
        """Whether a class above this one, or the object itself, defines a name."""
        above = (cls for cls in type(self).__mro__ if cls not in _PROMISES)
        return name in vars(self) or any(name in vars(cls) for cls in above)

    def refuse(self, name: str) -> NoReturn:
        """Raise the line that says that a method is not offered, and which ones are."""
        have = ["size", "value", "differential", *(n for n in OPTIONAL if self.offers(n))]
        raise FlownetError(
            f"a {self.name} offers no {name}(): it offers {', '.join(have[:-1])} and {have[-1]}."
        )

    # ---- what may be left out ----

    def jet(self, W: Vector, V: Vector, order: int = 2) -> Vector:
        """Jet (Taylor mode): coefficients c (order+1,) of s ↦ L(W + sV), L = Σ c_k s^k."""
        self.refuse("jet")

    def sample_losses(self, W: Vector) -> Vector:
        """Loss of each sample (m,)."""
        self.refuse("sample_losses")

    def sample_jets(self, W: Vector, V: Vector, order: int = 2) -> Vector:
        """Taylor coefficients (m, order+1) of the loss of each sample."""
        self.refuse("sample_jets")

    def describe(self) -> dict[str, Any]:
        """Tables of data, network and loss."""
        self.refuse("describe")

    def with_data(self, data: Dataset, loss: Loss | None = None) -> AnyPotential:
        """The same that learns, on other data, with its own loss or another one."""
        self.refuse("with_data")

    # ---- what follows from the rest ----

    def jet_error(self, W: Vector, V: Vector, order: int = 2) -> Vector:
        """By how much its method may put each coefficient of `jet` (order+1,) off.

        Beside rounding: zeros of a method that is exact.
        """
        return np.zeros(order + 1)

    def programs(self) -> list[dict[str, Any]]:
        """What a file keeps of terms that no table can make again: name, size and source of each.

        The source is a SHA-256; empty where none is to be had.
        """
        return []

    def pushforward(self, W: Vector, V: Vector) -> float:
        """Pushforward (JVP) dL(V), the change of L to first order along V (D,): a float."""
        return float(self.jet(W, V, 1)[1])

    def difference(self, W: Vector, V: Vector) -> float:
        """L(W + V) − L(W), what a displacement V (D,) delivers: a float."""
        W, V = pair("W", W, "V", V)
        return float(self.value(W + V) - self.value(W))

    def hessian_action(self, W: Vector, V: Vector) -> Vector:
        """Hessian-vector product (HVP) H·V, exact, of V (D,) or of each row of V (R, D)."""
        return self._of_reals(self.hessian(W).action, V)

    def third_action(self, W: Vector, V: Vector) -> Vector:
        """Third derivative along V twice, T[V,V] = ∇⟨V, HV⟩ (D,), exact."""
        return self._of_reals(self.hessian(W).third_action, V)

    def _of_reals(self, act, V):
        """What an operator on reals makes of V; of complex numbers through their reals."""
        V = array("V", V)
        if V.dtype.kind != "c":
            return act(V)
        if self.dtype is None or self.dtype.kind != "c":
            raise FlownetError("V is complex; the potential's parameters are real.")
        return in_complex(act(in_reals(np.ascontiguousarray(V, self.dtype))))

    def hessian_diagonal(self, W: Vector) -> Vector:
        """H_ii (D,), exact."""
        return self.hessian(W).diagonal()

    def diagonals(self, W: Vector, V: Vector) -> tuple[Vector, Vector, Vector]:
        """H_ii, its change Σ_k T_iik·V_k along V (D,), and T_iii: three arrays (D,), exact."""
        return self.hessian(W).diagonals(V)

    def project(self, W: Vector) -> None:
        """After a step, bring W (D,) back to where parameters may be, in place: none by default."""

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again, of one with a `kind`."""
        return {}

    def with_dtype(self, dtype: DTypeLike) -> AnyPotential:
        """The same potential in another precision; itself where it has none of its own."""
        return self

    def on(self, rows: Vector) -> AnyPotential:
        """The potential of some samples alone: that of a mini-batch; itself without samples."""
        if self.data is not None:
            self.refuse("on")
        return self

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,): those of its network."""
        if self.network is None:
            raise FlownetError("this potential has no network to initialise: pass W0.")
        return self.network.init(seed)

    # ---- sums ----

    def atoms(self) -> list[tuple[float, AnyPotential]]:
        """Terms of the sum that it is, as pairs (scale, potential); by itself the one term."""
        return [(1.0, self)]

    def __add__(self, other: AnyPotential) -> AnyPotential:
        if not isinstance(other, AnyPotential):
            return NotImplemented
        from ._sum import Sum  # which is a potential itself

        return Sum(self.atoms() + other.atoms())

    def __radd__(self, other: object) -> AnyPotential:
        return self if isinstance(other, numbers.Real) and other == 0 else NotImplemented  # sum()

    def __neg__(self) -> AnyPotential:
        return -1.0 * self

    def __truediv__(self, scale: Any) -> AnyPotential:
        if not is_real(scale) or scale == 0:
            raise FlownetError(f"a potential cannot be divided by {shown(scale)}.")
        return (1.0 / scale) * self

    def __mul__(self, scale: Any) -> AnyPotential:
        if not isinstance(scale, numbers.Real):
            return NotImplemented
        if not is_real(scale):
            raise FlownetError(f"a potential cannot be scaled by {shown(scale)}.")
        from ._sum import Sum

        return Sum([(scale * factor, atom) for factor, atom in self.atoms()])

    __rmul__ = __mul__

    def __sub__(self, other: AnyPotential) -> AnyPotential:
        return self + (-1.0) * other


#: classes that say what may be had, and have it not
_PROMISES = (AnyPotential, Straight, ABC, object)
