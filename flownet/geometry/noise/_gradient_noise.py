"""Mini-batch noise: how the gradients of single samples scatter about their mean, in the metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._table import Table, Tabled, percent, short
from ..curvature import eigenpairs

if TYPE_CHECKING:
    from ..._types import Vector

_MOST = 12  # layers in a table


@dataclass(frozen=True, eq=False)
class GradientNoise(Tabled):
    """Gradient covariance: how the samples' gradients scatter about dL at one W, all of them.

    C = (1/m)Σ_s (g_s − dL)⊗(g_s − dL), g_s = ∂ℓ_s; lengths and traces in the metric, ‖dL‖² =
    ⟨dL, g^♯dL⟩. Arrays (P,) are parts of a total: the layers of a network, one after another.

    Attributes
    ----------
    loss : float
    batch_size, m : int
        b, samples in a batch, of m.
    step : float or None
        h.
    names : list of str (P,)
    gradients, traces : ndarray (P,)
        Parts of ‖dL‖² and of tr C.
    parameters : ndarray (P,)
        Parameters that may move.
    diagonal : ndarray (D,)
        C_ii, the variance of each parameter's own slope.
    """

    loss: float
    batch_size: int
    m: int
    step: float | None
    names: list
    gradients: np.ndarray
    traces: np.ndarray
    parameters: np.ndarray
    diagonal: np.ndarray = field(repr=False)
    place: tuple = field(repr=False)

    @property
    def gradient2(self) -> float:
        """‖dL‖² of the full gradient."""
        return float(self.gradients.sum())

    @property
    def trace(self) -> float:
        """tr C, the mean of ‖g_s − dL‖²."""
        return float(self.traces.sum())

    @property
    def scale(self) -> float:
        """Gradient noise scale B = tr C/‖dL‖² (McCandlish et al. 1812.06162).

        The size of a batch, drawn with replacement, whose noise is as large as the gradient.
        """
        return self.trace / self.gradient2 if self.gradient2 else np.inf

    @property
    def shrinking(self) -> float:
        """What of C is left in a batch drawn without replacement, (m − b)/(b(m − 1))."""
        return (self.m - self.batch_size) / (self.batch_size * max(self.m - 1, 1))

    @property
    def variance(self) -> float:
        """E‖dL_b − dL‖² of a mini-batch, tr C/b·(m − b)/(m − 1)."""
        return self.shrinking * self.trace

    @property
    def diffusion(self) -> float:
        """D of the Brownian motion that a step's noise is: E‖ΔW − E ΔW‖² = h²·variance = 2D·h.

        Of one step. The batches of an epoch share out its samples, so that at a W that stood still
        their noise would cancel over the epoch; over many steps D holds while W moves on.
        """
        return self._step * self.variance / 2

    @property
    def temperature(self) -> float:
        """T of Langevin's motion that diffuses as much, D over the number of free parameters."""
        return self.diffusion / int(self.parameters.sum())

    @property
    def _step(self):
        if self.step is None:
            raise FlownetError("diffusion and temperature want the step: noise(…, step=h).")
        return self.step

    def along(self, V: Vector) -> Any:
        """C(V, V), the variance of the slopes dℓ_s(V) of the samples along a displacement.

        Parameters
        ----------
        V : array (D,) or (k, D)

        Returns
        -------
        float, or ndarray (k,)
        """
        (scale, atom), W, _ = self.place
        V = np.asarray(V, np.float64)
        found = [scale**2 * atom.sample_jets(W, v, 1)[:, 1].var() for v in np.atleast_2d(V)]
        return np.array(found) if V.ndim > 1 else float(found[0])

    def eigen(self, k: int = 5) -> Any:
        """`NoiseModes`: the noise along the k sharpest directions of the potential."""
        _, W, (potential, metric) = self.place
        pairs = eigenpairs(potential, W, k, metric=metric)
        return NoiseModes(self, pairs.values, self.along(pairs.vectors), pairs.vectors)

    def table(self) -> Table:
        """The noise by layers and in all, as a `Table`."""
        step = "" if self.step is None else f", step {self.step:.4g}"
        names = [*self.names[:_MOST], "all"]
        counts, gradients, traces = (
            np.array([*parts[:_MOST], parts.sum()])
            for parts in (self.parameters, self.gradients, self.traces)
        )
        variances, moved = self.shrinking * traces, {}
        if self.step is not None:
            diffusion = self.step * variances / 2
            moved = {"diffusion": (short, diffusion), "temperature": _ratio(diffusion, counts)}
        return Table(
            f"Noise of mini-batches of {self.batch_size} out of {self.m} samples{step}; the loss "
            f"is {self.loss:.6g}",
            {
                "part": (str, names),
                "parameters": (short, counts.astype(int)),
                "‖dL‖²": (short, gradients),
                "tr C": (short, traces),
                "tr C/‖dL‖²": _ratio(traces, gradients),
                "of a batch": (short, variances),
                **moved,
            },
            self._notes(),
        )

    def _notes(self):
        if not self.gradient2 > 0:
            return ["the gradient is 0: all of a batch's gradient is noise"]
        equal = self.trace * self.m / ((self.m - 1) * self.gradient2 + self.trace)
        return [
            f"noise scale B = {short(self.scale)}: a batch of {equal:.3g} of these samples is as "
            f"noisy as its gradient is large; of {self.batch_size} the noise is "
            f"{self.variance / self.gradient2:.3g} of the gradient, in squares"
        ]


@dataclass(frozen=True, eq=False)
class NoiseModes(Tabled):
    """Mini-batch noise along eigendirections u_i of the Hessian, orthonormal in the metric.

    Attributes
    ----------
    noise : GradientNoise
    values : ndarray (k,)
        Curvatures λ_i, descending.
    variances : ndarray (k,)
        C(u_i, u_i); their sum is a part of tr C.
    vectors : ndarray (k, D)
    """

    noise: GradientNoise
    values: np.ndarray
    variances: np.ndarray
    vectors: np.ndarray = field(repr=False)

    @property
    def shares(self):
        """Shares (k,) of tr C."""
        return self.variances / self.noise.trace

    @cached_property
    def temperatures(self):
        """T_i (k,) of each direction, h/2 times its variance in a mini-batch."""
        return self.noise._step * self.noise.shrinking * self.variances / 2

    @property
    def spread(self):
        """⟨x_i²⟩ (k,) at which descent with this noise would stay on a parabola, T/(λ(1 − hλ/2)).

        For batches drawn afresh at each step; inf where the step is not stable, λ ≤ 0 or hλ ≥ 2.
        """
        bend = self.values * (1 - self.noise._step * self.values / 2)
        return np.divide(self.temperatures, bend, out=np.full(bend.shape, np.inf), where=bend > 0)

    def table(self):
        """The noise along each direction, as a `Table`."""
        moved = {}
        if self.noise.step is not None:
            moved = {
                "temperature": (short, self.temperatures),
                "√⟨x²⟩": (short, np.sqrt(self.spread)),
            }
        return Table(
            f"Mini-batch noise along the {len(self.values)} sharpest directions, which hold "
            f"{percent(self.shares.sum())} of tr C",
            {
                "direction": (str, [f"u{i + 1}" for i in range(len(self.values))]),
                "curvature λ": (short, self.values),
                "C(u, u)": (short, self.variances),
                "of tr C": (percent, self.shares),
                **moved,
            },
        )


def _ratio(a, b):
    """A column of quotients; NaN where there is none."""
    return short, np.divide(a, b, out=np.full(len(a), np.nan), where=b != 0)
