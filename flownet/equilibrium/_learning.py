"""What potentials of physical systems share: a system, a cost and data, and how they learn."""

from __future__ import annotations

from abc import abstractmethod
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from .._registry import build, describe
from ..data import Dataset
from ..kernels.device import kernels_of
from ..model import _check
from ..model.potential import AnyPotential, CustomPotential
from ._cost import SpringCost

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike
    from scipy.sparse.linalg import LinearOperator

    from .._types import Device, Vector
    from ..model.potential._loss import Loss


_relax = attrgetter("relax_states")  # of a device; one that has none says so


class Learning(AnyPotential):
    """A potential L(W) of a system on data; each says in `words` how it learns.

    Attributes
    ----------
    system : what learns
    loss : Quadratic
    data : Dataset
    """

    system: Any
    estimates = by_units = True
    jet_order: float = 3  # of differences

    def _hold(self, system: Any, cost: Loss, data: Dataset, pulls: Any = SpringCost) -> None:
        """Keep what it is made of, where data fit the system and the cost can pull at it."""
        if not isinstance(data, Dataset):
            raise FlownetError(f"data is {shown(data)}; it has to be a flownet.Dataset.")
        for what, have, want in (
            ("inputs", data.x.shape[1], system.n_in),
            ("outputs", data.y.shape[1], system.n_out),
        ):
            if have != want:
                raise FlownetError(f"the data {data.name!r} have {have} {what}, the system {want}.")
        self.system, self.loss, self.data = system, cost, data
        self.size, self.dtype = system.size, system.dtype
        self._x = _check.in_precision("x", data.x, self.dtype)
        self._cost = pulls(cost, _check.in_precision("y", data.y, self.dtype), self.dtype)

    @abstractmethod
    def words(self) -> dict[str, Any]:
        """How it learns, as arguments."""

    @abstractmethod
    def sample_losses(self, W: ArrayLike) -> Vector:
        """Cost of each sample (m,) in float64."""

    @abstractmethod
    def differential_on(self, rows: Any, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,) of some samples alone, a mini-batch."""

    @property
    def learner(self) -> Any:
        """The system, which learns."""
        return self.system

    def with_data(self, data: Dataset, loss: Loss | None = None) -> Any:
        """The same system on other data, with its own cost or another one."""
        return self.changed(data=data, cost=loss or self.loss)

    def value(self, W: ArrayLike) -> float:
        """L(W), mean over samples."""
        return float(np.mean(self.sample_losses(W)))

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,)."""
        return self.differential_on(slice(None), W)

    def difference(self, W: ArrayLike, V: ArrayLike) -> float:
        """L(W + V) − L(W), summed sample by sample, where most digits of L cancel."""
        before = self.sample_losses(W)
        return float(np.mean(self.sample_losses(np.asarray(W) + V) - before))

    def exact(self, W: ArrayLike) -> tuple[float, Vector]:
        """L(W) and dL (D,) itself."""
        self.refuse("exact")

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV), up to order 3.

        By differences of the exact covector, as of a `CustomPotential`.
        """
        return self._by_differences.jet(W, V, order)

    def jet_error(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """By how much these differences may put each coefficient (order+1,) off: measured."""
        return self._by_differences.jet_error(W, V, order)

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as SciPy's `LinearOperator`, by differences of the exact covector."""
        return self._by_differences.hessian(W)

    @property
    def _by_differences(self):
        """L with its exact covector, as what is known of a potential of a user's own."""

        def quiet(function):
            def call(W):
                with np.errstate(all="ignore"):  # far from W a state may leave all numbers
                    return function(W)

            return call

        words = {"value": quiet(self.value), "name": repr(self.system)}
        dtype = self.dtype if self.dtype.kind == "c" else None
        return CustomPotential(self.size, quiet(self.exact), **words, dtype=dtype)

    def _point(self, W):
        return _check.vector("W", W, self.size, self.dtype)

    def on_device(self, device: Device) -> AnyPotential:
        """The same potential with the kernels of a device, or the line that says why not."""
        _relax(kernels_of(device))
        return super().on_device(device)

    def on(self, rows: Vector) -> Any:
        """The potential of some samples alone: that of a mini-batch."""
        return self.changed(cost=self.loss.on(rows), data=self.data.take(rows))

    def changed(self, **other: Any) -> Any:
        """The same with other words."""
        own = {"system": self.system, "cost": self.loss, "data": self.data, **self.words()}
        return type(self)(**{**own, **other})

    def with_dtype(self, dtype: DTypeLike) -> Any:
        """The same potential in another precision."""
        if self.dtype == dtype:
            return self
        return self.changed(system=self.system.with_dtype(dtype))

    def project(self, W: Vector) -> None:
        """Bring parameters that a step took where the system has none back, in place."""
        self.system.project(W)

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,): those of the system."""
        return self.system.init(seed)

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again, beside its data."""
        return {"system": describe(self.system), "cost": describe(self.loss), **self.words()}

    def describe(self) -> dict[str, Any]:
        """Tables of data, system, cost and of how it learns: the words of an experiment file."""
        words = {name: word for name, word in self.words().items() if word is not None}
        return {
            "data": self.data.describe(),
            "system": describe(self.system),
            "loss": describe(self.loss),
            "equilibrium": {"kind": self.kind, **words},
        }

    @classmethod
    def of_tables(cls, tables: dict[str, Any], data: Dataset) -> Any:
        """The potential of such tables."""
        words = {name: word for name, word in tables["equilibrium"].items() if name != "kind"}
        system, cost = build("system", tables["system"]), build("loss", tables["loss"])
        return cls(**{"system": system, "cost": cost, "data": data, **words})
