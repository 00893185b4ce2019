"""Metrics on parameter space: what it costs to move, and which way is down."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named
from ...model._check import array
from ._as_reals import as_reals

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Device, Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State
    from ...store.trajectory import Trajectory


class Metric(Named, ABC):
    """What every metric g_[ij] of D parameters offers (TM 7-10); a metric of yours derives from it.

    One has to have `size`, `sharp` and `flat`. `coordinates` and `displacement`, the symmetric root
    and its inverse, may be left out; then what looks at curvature or along bases refuses it. One
    that freezes parameters says so by `free`. The rest follows. Complex vectors pair by
    Re Σ conj(dL)·V, and a real metric acts on their real and imaginary parts alike.

    A metric that depends on time (`moves`) is one at each time, `at(time)`; one that depends on the
    point (`depends_on_point`) is one at each point, `seen_at(W)`. A constant one is both itself.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    moves, depends_on_point : bool
    times : ndarray or None
        Of one that moves: when it changes, staying in between; None where it always does.
    linear : bool
        Whether `sharp` is linear, as that of every metric is; a `Norm`'s is not.
    diagonal : bool
        Whether no two parameters are known to be coupled: `own` is then all of it.
    is_compiled : bool
        Whether kernels know it, by `compiled`.
    of_steps, of_state : bool
        Whether a run asks it for the stiffness of its steps, by `numbers`, and whether that is read
        off the run's state.
    recorded : bool
        Whether a run records that stiffness.
    certified : bool
        Whether the index is raised by products, with a certificate, `raised`, that a run records.
    kind : str or None
        Its name in files; None of a program of somebody's own.
    """

    size: int
    moves = depends_on_point = diagonal = is_compiled = False
    linear = True
    of_steps = of_state = recorded = certified = False
    times: Vector | tuple[()] | None = ()

    def __init_subclass__(cls, **words: Any) -> None:
        """A class that raises or lowers an index anew is unknown to kernels, unless it says so."""
        super().__init_subclass__(**words)
        own = set(vars(cls))
        if {"sharp", "flat"} & own and not {"compiled", "is_compiled"} & own:
            cls.is_compiled = False
            if "real_view" not in own:
                cls.real_view = Metric.real_view  # type: ignore[method-assign]

    @abstractmethod
    def sharp(self, dL: Vector) -> Vector:
        """Direction g^♯dL (D,): the index of a covector raised."""

    @abstractmethod
    def flat(self, V: Vector) -> Vector:
        """Covector g♭V (D,): the index of a displacement lowered."""

    def dual2(self, dL: Vector) -> float:
        """‖dL‖² = dL(g^♯dL) of a covector (D,), the squared dual length."""
        return float(np.vdot(as_reals(self._vector("dL", dL)), as_reals(self.sharp(dL))))

    def steepest(self, dL: Vector) -> Vector:
        """Displacement g^♯dL/‖dL‖ (D,) of length 1 along which dL gains most; 0 of 0."""
        V = self.sharp(dL)
        square = float(np.vdot(as_reals(dL), as_reals(V)))
        return V / V.real.dtype.type(math.sqrt(square)) if square > 0 else np.zeros_like(V)

    @property
    def free(self) -> Vector:
        """Mask (D,) of the components that may move: all of them."""
        return np.ones(self.size, bool)

    @property
    def aside(self) -> Vector:
        """Mask (D,) of what it says nothing of, and leaves to other mechanics: none."""
        return np.zeros(self.size, bool)

    def coordinates(self, V: Vector) -> Vector:
        """Orthonormal coordinates g^{1/2}V (D,) of a displacement; 0 for a frozen component."""
        raise FlownetError(f"{self!r} has no coordinates(V), its root g^(1/2): this asks for it.")

    def displacement(self, x: Vector) -> Vector:
        """Displacement g^{-1/2}x (D,) of orthonormal coordinates; 0 for a frozen component.

        The root is symmetric: of a covector this gives its components g^{-1/2}dL.
        """
        raise FlownetError(f"{self!r} has no displacement(x), its root g^(-1/2): this asks for it.")

    def norm2(self, V: Vector) -> float:
        """Squared length g(V, V) of a displacement (D,); infinite if a frozen component moves."""
        return float(np.vdot(as_reals(self.flat(V)), as_reals(self._vector("V", V))))

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        return RealView(self)

    def at(self, time: float) -> Metric:
        """The metric at a time; a constant one is always this."""
        return self

    def seen_at(self, W: Vector) -> Metric:
        """The metric at parameters W (D,); one that does not depend on them is this everywhere."""
        return self

    def on_samples(self, rows: Vector) -> Metric:
        """The metric of some samples alone, in which a step of a mini-batch is taken; itself."""
        return self

    def on_device(self, device: Device) -> Metric:
        """The same metric on a device; itself where no kernels of a device apply it."""
        return self

    def christoffel(self, W: Vector, V: Vector) -> Vector:
        """Γ(V, V) (D,) at W, by which geodesics bend, of one that depends on the point."""
        raise FlownetError(f"how {self!r} changes with the point is not known.")

    def at_step(self, state: State) -> Metric:
        """The metric of the step that a run takes from a state."""
        return self.at(state.time)

    def in_turn(self, iteration: int, time: float) -> Metric:
        """The metric of the step of an iteration, counted as schedules do, at its time."""
        return self.at(time)

    def along(self, run: Trajectory) -> Metric:
        """The metric at each time of a recorded run: itself, unless its steps alone tell it."""
        return self

    def taken_in(self, run: Trajectory, iteration: int) -> Metric:
        """The metric that a recorded run took the step of an iteration in; itself, likewise."""
        return self

    def as_recorded(self, run: Trajectory, first: int, end: int) -> Metric:
        """The metric in which a run takes its steps `first` to `end` again; itself, likewise."""
        return self

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a number of steps (None: no end) that its schedules do not fit."""

    def stage(self, time: float) -> tuple[Metric, float]:
        """The metric from a time on, and when it changes, to the last bit: that of a flow."""
        return self, math.inf

    def compiled(self, dtype: DTypeLike) -> Any:
        """What kernels know of it in a precision; nothing, where `is_compiled` does not say so."""
        raise FlownetError(
            f"{self!r} is known to no kernel, and what the function of the time "
            "gave before was: it has to give kinds that kernels know, or none."
        )

    def span(self, time: float) -> tuple[float, float]:
        """From when until when, the end excluded, the metric is that of a time."""
        return -math.inf, math.inf

    @property
    def own(self) -> Vector:
        """g_ii (D,), the stiffness of each parameter moved by itself."""
        e, found = np.zeros(self.size), np.empty(self.size)
        for i in range(self.size):
            e[i] = 1.0
            found[i], e[i] = self.norm2(e), 0.0
        return found

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network, of one with a `kind`."""
        return {}

    def _vector(self, name, value):
        value = array(name, value)
        if value.shape != (self.size,):
            raise FlownetError(f"{name} has shape {value.shape}; the metric's is ({self.size},).")
        if value.dtype.kind not in "biufc":
            raise FlownetError(f"{name} is {shown(value)}; it has to be numbers.")
        return value if value.dtype.kind in "fc" else value.astype(np.float64)


class RealView(Metric):
    """A metric of D complex parameters as one of the 2D reals that they are."""

    def __init__(self, metric):
        self.of, self.size, self.linear = metric, 2 * metric.size, metric.linear

    @property
    def free(self):
        """Mask (2D,) of the components that may move."""
        return np.repeat(self.of.free, 2)

    @property
    def aside(self):
        """Mask (2D,) of what it says nothing of."""
        return np.repeat(self.of.aside, 2)

    def steepest(self, dL):
        """Displacement (2D,) of length 1 along which dL gains most."""
        return self._through(self.of.steepest, "dL", dL)

    def norm2(self, V):
        """Squared length (2D,), that of the complex displacement."""
        return self.of.norm2(self._complex("V", V))

    def sharp(self, dL):
        """Direction g^♯dL (2D,)."""
        return self._through(self.of.sharp, "dL", dL)

    def flat(self, V):
        """Covector g♭V (2D,)."""
        return self._through(self.of.flat, "V", V)

    def coordinates(self, V):
        """Orthonormal coordinates g^{1/2}V (2D,)."""
        return self._through(self.of.coordinates, "V", V)

    def displacement(self, x):
        """Displacement g^{-1/2}x (2D,)."""
        return self._through(self.of.displacement, "x", x)

    def _through(self, of, name, V):
        V = self._complex(name, V)
        return of(V).view(V.real.dtype)

    def _complex(self, name, V):
        V = np.ascontiguousarray(self._vector(name, V))
        return V.view(np.result_type(V, np.complex64))
