"""Charges: what the flow keeps and a finite step changes by a known amount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled
from ...model._check import array
from ...model.potential import as_potential
from ..metric import Euclidean
from ._drift import drift_along
from ._symmetry import derive

if TYPE_CHECKING:
    from ..._types import Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State
    from ...store.trajectory import Trajectory
    from ..metric import Metric
    from ._drift import ChargeDrift


class Charges(Tabled):
    """Charges of a potential: the numbers that gradient flow conserves; see `charges`.

    Attributes
    ----------
    names, shapes : list
        Of each kind of charge: "hidden 1", and (n, n) symmetric, (n,) or ().
    labels : list of str
        Of each of the K charges; of a symmetric matrix the upper triangle counts.
    reasons : list of str
        Why what has no charge has none.

    Called with a `State`, it is an observable of a run: `observe={"charges": (10, charges)}`.
    """

    def __init__(self, potential: AnyPotential, metric: Metric | None = None) -> None:
        line = f"charges of {shown(potential)}: it has to be a potential."
        potential = as_potential(potential, line=line)
        forms, reasons = derive(potential, metric)
        self.forms, self.reasons = forms, list(reasons)
        self.potential, self.metric = potential, metric or Euclidean(potential.size)
        self.names = [form.name for form in forms]
        self.shapes = [form.shape for form in forms]
        self.labels = [label for form in forms for label in form.labels]
        self.linear = np.array([form.linear for form in forms for _ in form.labels], bool)

    def value(self, W: Vector) -> Vector:
        """All charges (K,) at parameters W (D,), in float64."""
        return self._value(self._vector("W", W))

    def change(self, W: Vector, dL: Vector, step: float) -> Vector:
        """Exact change (K,) of the charges by the step −step·g^♯dL from W, both (D,).

        A quadratic charge Q changes by Q(step·g^♯dL), of order step² (for a neuron
        h²(‖∇_out‖²/g_out − ‖∇_in‖²/g_in − (∂_bL)²/g_in)) wherever the step begins; a linear one
        does not change.
        """
        self._vector("W", W)
        displacement = step * self.metric.sharp(self._vector("dL", dL))
        return np.where(self.linear, 0.0, self._value(displacement))

    def scale(self, W: Vector) -> Vector:
        """Size (K,) of the terms that each charge sums: times ε, what one rounding does to it."""
        W = self._vector("W", W)
        return np.repeat(
            [form.scale(W) for form in self.forms], [len(form.labels) for form in self.forms]
        )

    def unpack(self, values: Vector) -> dict[str, Vector]:
        """Values (…, K) by name, each (…, *shape)."""
        values = np.asarray(values)
        if values.shape[-1:] != (len(self),):
            raise FlownetError(f"values have shape {values.shape}; there are {len(self)} charges.")
        ends = np.cumsum([len(form.labels) for form in self.forms])[:-1]
        parts = np.split(values, ends, axis=-1) if self.forms else []
        return {form.name: form.unpack(part) for form, part in zip(self.forms, parts)}

    def along(self, run: Trajectory, *, every: int = 1, progress: bool = True) -> ChargeDrift:
        """How a recorded run moved the charges, and how its finite steps had to: a `ChargeDrift`.

        Along a flow they had to stay, up to its tolerances.

        Parameters
        ----------
        run : Trajectory
            Of Aristotle, on this potential and metric, recorded at every step; or a flow of these,
            recorded at whatever times.
        every : int
            Interval of the rows of the drift; every step is summed whatever it is.
        progress : bool

        Raises
        ------
        FlownetError
            When the run's charges are others, or rows are missing between its first and last.
        """
        return drift_along(self, run, every, progress)

    def __call__(self, state: State) -> Any:
        if not len(self):
            raise FlownetError(f"there is no charge to observe: {self.reasons[0]}.")
        return self.value(state.W)

    def __len__(self):
        return len(self.labels)

    def __eq__(self, other):
        """Whether they are the same functions of W, kept by the flow of the same metric."""
        return (
            isinstance(other, Charges)
            and self.forms == other.forms
            and self.metric.size == other.metric.size
        )

    __hash__ = None  # type: ignore[assignment]  # which is how Python says it

    def _value(self, W):
        return np.concatenate([np.zeros(0), *(form.value(W) for form in self.forms)])

    def _vector(self, name, vector):
        vector = np.asarray(array(name, vector), np.float64)
        if vector.shape != (self.metric.size,):
            raise FlownetError(
                f"{name} has shape {vector.shape}; the potential's is ({self.metric.size},)."
            )
        return vector

    def __repr__(self):
        return f"Charges: {len(self)} ({', '.join(self.names) or 'none'})"

    def table(self) -> Table:
        """What is conserved, and why what is not has no charge, as a `Table`."""
        whose = self.potential if self.potential.network is None else self.potential.network
        forms = self.forms
        adds = ["keeps it" if form.linear else "adds Q(step·g^♯dL)" for form in forms]
        return Table(
            f"{len(self) or 'no'} charge{'s' * (len(self) != 1)} of {whose!r}",
            {
                "charge": (str, self.names),
                "shape": (str, ["×".join(map(str, shape)) or "1" for shape in self.shapes]),
                "formula": (str, [form.formula for form in forms]),
                "a finite step": (str, adds),
            },
            [f"none: {reason}" for reason in self.reasons],
        )


@with_origin
def charges(potential: AnyPotential, metric: Metric | None = None) -> Charges:
    """Charges of a potential under Aristotle's mechanics: what its gradient flow conserves.

    They are derived from the structure alone, whatever the data: a symmetry of the loss whose
    generator is symmetric in the metric has one (Noether's theorem for gradient flow; Kunin et al.
    2012.04728). With the stiffness g of each layer:

    - identity units between layers 1 and 2: the matrix g₂W₂ᵀW₂ − g₁W₁W₁ᵀ − g₁b₁b₁ᵀ;
    - each relu or leaky_relu unit: g₂‖w_out‖² − g₁‖w_in‖² − g₁b²;
    - softmax (cross-entropy of an identity output, at any temperature and in any metric of classes
      and samples, as (P̂Σq − q)/kT sums to 0): the sums over classes of the last weights and biases;
      likewise along a direction that the output metric of a quadratic loss does not see;
    - identity, relu or leaky_relu layers 1 to 3 without biases and with layer 2 frozen:
      g₃‖W₃‖² − g₁‖W₁‖²;
    - UV: the matrix g_u uuᵀ − g_v vvᵀ, as it fixes the orbit of the flow and its trace does not.

    No other quadratic or linear function of W is kept whatever the data and the frozen values, up
    to functions of these.

    Parameters
    ----------
    potential : Potential, UV, or any sum of potentials
    metric : LayerMetric, optional
        That of the run; the plain one by default.

    Returns
    -------
    Charges
        Empty where there are none; `reasons` and its text say why.

    Raises
    ------
    FlownetError
        For a metric that depends on time, or has not one stiffness for each layer. Layers that a
        metric couples have no charge, the others do.

    Examples
    --------
    >>> import flownet as fn
    >>> net = fn.Network([2, 4, 1], "relu")
    >>> potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    >>> run = fn.train(potential, fn.Aristotle(0.1), steps=100)
    >>> print(fn.charges(potential).along(run))  # doctest: +SKIP
    """
    return Charges(potential, metric)
