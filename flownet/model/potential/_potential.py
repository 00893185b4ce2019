"""The loss as a function of the parameters alone, L(W): a potential energy on parameter space."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._registry import describe
from ...data._dataset import Dataset
from ...kernels.layout import Data
from .. import _check
from ..network import Network, in_reals
from ._contract import AnyPotential
from ._fit import check_parts
from ._loss import Loss
from ._straight import OfNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, DTypeLike
    from scipy.sparse.linalg import LinearOperator

    from ..._types import Device, Vector


@cache
def _hessian_of(is_complex):
    """Class of the Hessian, loaded when first wanted: scipy takes a tenth of a second."""
    from ..hessian import ComplexHessian, NetworkHessian

    return ComplexHessian if is_complex else NetworkHessian


class Potential(OfNetwork, AnyPotential):
    """The loss of a network on a data set as a function of its parameters, L(W) (TM 1-2).

    Parameters
    ----------
    network : Network
    loss : Quadratic or CrossEntropy
    data : Dataset

    Attributes
    ----------
    size : int
        D, the number of parameters.

    Raises
    ------
    FlownetError
        Unless the data have as many inputs and outputs as the network, and the metrics of the loss
        as many outputs and samples as the data.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 2, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> loss, dL = potential.differential(potential.network.init(seed=0))
    """

    of_network = True

    network: Network
    loss: Loss
    data: Dataset

    def __init__(self, network: Network, loss: Loss, data: Dataset) -> None:
        check_parts(network, loss, data)
        self.network, self.loss, self.data = network, loss, data
        self.size, self.dtype, self.device = network.size, network.dtype, network.device
        as_reals = network.as_reals
        x = _check.in_precision("x", data.x, network.dtype)
        y = _check.in_precision("y", data.y, network.output_dtype)
        self._loss, y, weights = loss.compiled(y, as_reals.real)
        self._data = Data(as_reals.samples(x), as_reals.samples(y), weights, np.zeros(0, np.int64))
        self._pools: dict[Any, list] = {}  # buffers not in use, by what they are for
        #: this potential in other precisions, once asked for
        self._others: dict[Any, Potential] = {}

    def value(self, W: ArrayLike) -> float:
        """L(W), a float."""
        return self._differential(W, np.zeros(0, self.dtype), len(self.network.plan.weight))[0]

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the covector dL (D,), its gradient, pulled back in reverse order (backprop).

        The pullback stops at the layer `lowest`, counted from 0; below it dL is 0.
        """
        dL = np.zeros(self.size, self.dtype) if lowest else np.empty(self.size, self.dtype)
        return self._differential(W, dL, lowest)[0], dL

    def differential_on(
        self, rows: Vector, W: ArrayLike, *, lowest: int = 0
    ) -> tuple[float, Vector]:
        """L(W) and dL (D,) of some samples alone, a mini-batch."""
        dL = np.zeros(self.size, self.dtype) if lowest else np.empty(self.size, self.dtype)
        net, loss, data = self.compiled
        rows = _check.rows("rows", rows, self.data.m)
        data = data._replace(rows=rows)
        W = in_reals(self._point("W", W))
        threads = self.kernels.worthwhile(net, len(rows))
        with self.workspace(len(rows)) as work:
            value = self.kernels.differential(
                net, loss, data, W, in_reals(dL), work, lowest, threads
            )
        return value, dL

    def sample_losses(self, W: ArrayLike) -> Vector:
        """Loss ℓ_s of each sample (m,) in float64; L is their mean."""
        return self._differential(W, np.zeros(0, self.dtype), len(self.network.plan.weight))[1]

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Jet (Taylor mode): coefficients c (order+1,) of s ↦ L(W + sV), L = Σ c_k s^k, exactly."""
        with self._jets(W, V, order) as terms:
            return terms.mean(axis=0)

    def sample_jets(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients (m, order+1) of each sample's s ↦ ℓ_s(W + sV)."""
        with self._jets(W, V, order) as terms:
            return terms.copy()

    def linearized_jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ ℓ(Ŷ + s·JV), along a straight line of outputs.

        What the loss bends, ⟨JV, ∂²ℓ JV⟩/2 and on; the rest of `jet` is what the map bends.
        """
        with self._jets(W, V, order, straight=True) as terms:
            return terms.mean(axis=0)

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as a `scipy.sparse.linalg.LinearOperator` that keeps the state of every unit.

        Of a complex network it is real-linear, an operator on the 2D reals (re, im, re, im, …).
        """

        kind = _hessian_of(self.network.is_complex)
        return kind(self, self._point("W", W))

    def difference(self, W: ArrayLike, V: ArrayLike) -> float:
        """L(W + V) − L(W), summed sample by sample, where most digits of L cancel."""
        W, V = _check.pair("W", W, "V", V)
        before = self.sample_losses(W)
        return float(np.mean(self.sample_losses(W + V) - before))

    def with_dtype(self, dtype: DTypeLike) -> Potential:
        """The same potential in another precision."""
        dtype = _check.network_dtype(dtype).name
        if self.dtype == dtype:
            return self
        if dtype not in self._others:
            self._others[dtype] = Potential(self.network.with_dtype(dtype), self.loss, self.data)
        return self._others[dtype]

    def on_device(self, device: Device) -> Potential:
        """The same potential with the kernels of a device, or the line that says why not."""
        if isinstance(device, str) and device == self.device:
            return self
        return Potential(self.network.on_device(device), self.loss, self.data)

    def with_data(self, data: Dataset, loss: Loss | None = None) -> Potential:
        """The same network on other data, with its own loss or another one."""
        return Potential(self.network, loss or self.loss, data)

    def on(self, rows: Vector) -> Potential:
        """The potential of some samples alone: that of a mini-batch."""
        return Potential(self.network, self.loss.on(rows), self.data.take(rows))

    def describe(self) -> dict[str, Any]:
        """Tables of data, network and loss."""
        return {
            "data": self.data.describe(),
            "network": self.network.describe(),
            "loss": describe(self.loss),
        }

    def __getstate__(self):
        """What pickle keeps: neither buffers nor what is made again when it is asked for."""
        return {**vars(self), "_pools": {}, "_others": {}}

    def __repr__(self):
        return f"Potential of {self.network!r}, {self.loss!r}, {self.data!r}"

    @property
    def couples(self) -> bool:  # type: ignore[override]
        """Whether the loss of one sample depends on the outputs of others (a full Γ)."""
        return bool(self._loss.coupling.size)

    @property
    def compiled(self) -> Any:
        """What the compiled loop needs beside a workspace: network, loss and data."""
        return self.network.plan, self._loss, self._data

    def workspace(self, batch_size: int = 0) -> Any:
        """Context that lends buffers for a batch, used again and again: fresh memory is dear."""
        if batch_size and self.loss.couples:
            self.loss.on(slice(0))
        return self.borrowed(
            batch_size,
            lambda: self.kernels.workspace(
                self.network.plan,
                batch_size or self.data.m,
                self.network.as_reals.real,
                coupled=self.couples,
                gathered=batch_size > 0,
                weighted=self._data.weights.size > 0,
            ),
        )

    @contextmanager
    def _jets(self, W, V, order, straight=False):
        as_reals, orders = self.network.as_reals, _check.order(order) + 1
        W = as_reals.point(self._point("W", W))
        V = as_reals.displacement(self._point("V", V))
        with self.borrowed(
            ("jet", orders),
            lambda: self.kernels.jet_workspace(
                self.network.plan, self.data.m, orders, as_reals.real, coupled=self.couples
            ),
        ) as buffers:
            self.kernels.loss_jet(
                self.network.plan, self._loss, self._data, W, V, buffers, straight, self._threads
            )
            yield buffers.terms

    def pool(self, kind: object) -> list[Any]:
        """Buffers of a kind that nobody uses now."""
        return self._pools.setdefault(kind, [])

    @contextmanager
    def borrowed(self, kind: object, make: Callable[[], Any]) -> Any:
        """Buffers for a `with` block, so that threads may share a potential."""
        pool = self.pool(kind)
        buffers = pool.pop() if pool else make()
        try:
            yield buffers
        finally:
            pool.append(buffers)

    def _point(self, name, value):
        return _check.vector(name, value, self.size, self.dtype)

    def _differential(self, W, dL, lowest):
        W = self._point("W", W)
        with self.workspace() as work:
            loss = self.kernels.differential(
                self.network.plan,
                self._loss,
                self._data,
                in_reals(W),
                in_reals(dL),
                work,
                lowest,
                self._threads,
            )
            return loss, work.sample[: self.data.m].copy()

    @property
    def _threads(self):
        return self.kernels.worthwhile(self.network.plan, self.data.m)
