"""The learning coefficient λ at a minimum, by Langevin's chain at a low temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, percent
from ...geometry.curvature import EXACT, matrix, metric_hessian, standard_error
from ...model._check import is_real, is_whole, yes_or_no
from ..exits import CriticalPoint
from ..landscape import Ground
from ._likelihood import positive_or_none
from ._sampler import run_chain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, MetricLike, Positive, Whole
    from ...model.potential import AnyPotential

_BLOCKS = 8  # of each chain, whose means say the error


@dataclass(frozen=True)
class LearningCoefficient(Tabled):
    """λ̂ = nβ·(⟨L⟩ − L(W*)) of Langevin's chains about W*.

    Attributes
    ----------
    value, error : float
        λ̂ and its standard error, by blocks of the chains.
    beta, anchor : float
        nβ and g of the density e^{−nβL − ½g‖W − W*‖²} that is sampled.
    step : float
        ε, the mean over chains.
    acceptance : float
        Of Metropolis' judgement; NaN without it.
    regular : float
        What the same curvatures h̄ without any higher order would give with this anchor, and
        without judgement with this step, ½Σ [nβh̄/(nβh̄ + g)]/(1 − ε(nβh̄ + g)/4); NaN of more
        than 2500 parameters.
    anchored, stepped : float
        Its two factors: by how much the anchor lowers the half rank, and by how much the finite
        step then raises it.
    wbic : float
        n⟨L⟩: the widely applicable information criterion at nβ = n/log n.
    chains : ndarray (chains, draws)
        nβ·(L − L(W*)).
    """

    value: float
    error: float
    beta: float
    anchor: float
    step: float
    acceptance: float
    regular: float
    anchored: float
    stepped: float
    wbic: float
    chains: np.ndarray

    def table(self) -> Table:
        """The estimate and what corrects it, as a `Table`."""
        judged = not np.isnan(self.acceptance)
        notes = []
        if judged and self.acceptance < 0.2:
            notes.append("few proposals are taken: the chain hardly moves; a smaller step is due")
        if not judged:
            notes.append("no step was judged: the finite step alone raises λ̂ as shown")
        if self.value < -2 * self.error:
            notes.append("λ̂ below 0: W is no minimum, lower losses are near")
        return Table(
            "Learning coefficient",
            {
                "λ̂": (".4f", [self.value]),
                "standard error": (".4f", [self.error]),
                "nβ": (".4g", [self.beta]),
                "anchor": (".4g", [self.anchor]),
                "step": (".3g", [self.step]),
                "acceptance": (percent, [self.acceptance if judged else None]),
                "of the curvatures alone": (".4f", [self.regular]),
                "times, by the anchor": (".4f", [self.anchored]),
                "times, by the step": (".4f", [self.stepped]),
                "WBIC": (".6g", [self.wbic]),
            },
            notes,
            upright=True,
        )


@with_origin
def learning_coefficient(
    potential: AnyPotential,
    W: ArrayLike | CriticalPoint,
    *,
    samples: float | None = None,
    beta: Positive | None = None,
    anchor: Positive = 1.0,
    step: Positive | None = None,
    judged: bool = True,
    draws: Count = 10_000,
    warm: Count | None = None,
    chains: Count = 4,
    metric: MetricLike | None = None,
    seed: Whole = 0,
    progress: bool = True,
) -> LearningCoefficient:
    """Local learning coefficient λ at a minimum, λ̂ = nβ·(⟨L⟩ − L(W*)), by Langevin dynamics (LLC).

    With n samples log Z ≈ −nL(W*) − λ·log n: λ is half the parameters where all of them matter, and
    less where the minimum is degenerate (Watanabe). ⟨L⟩ is the mean over e^{−nβL − ½g‖W−W*‖²}, the
    anchor g keeping the chain about W* (Lau et al., arXiv:2308.12108). Two things put the estimate
    off: the anchor, and the finite step of Langevin's chain; the second is gone where Metropolis
    judges every step, as here unless `judged` is False. What both do to a quadratic of the same
    curvatures is known exactly, and told. Where outputs interpolate and J has full row rank, λ is
    m·n_out/2 whatever D.

    Parameters
    ----------
    potential : Potential, Sum or analytic
        L, the mean over samples.
    W : array (D,) or CriticalPoint
        W*.
    samples : float, optional
        n; by default the samples of the potential's data.
    beta : float, optional
        nβ; by default n/log n.
    anchor : float
        g.
    step : float, optional
        ε; by default 1/(nβ·max|λ| + g) of the Hessian. While a judged chain warms up its step is
        set to an acceptance of 0.57.
    judged : bool
        Whether Metropolis judges the steps (MALA); otherwise it is plain SGLD on all data.
    draws, warm, chains : int
        Steps of each chain that count, those before (a fifth of them by default), and chains.
    metric : LayerMetric or DiagonalMetric, optional
        In which the chain moves, and the anchor pulls; what it freezes stays.
    seed : int
    progress : bool
        A progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    LearningCoefficient

    Raises
    ------
    FlownetError
        Unless n, or nβ, is known, the numbers are above 0 and W has the potential's D parameters;
        or where a chain diverges.
    """
    yes_or_no("judged", judged)
    if warm is None:
        warm = max(1, draws // 5) if is_whole(draws, 1) else 1
    for name, value in (("draws", draws), ("warm", warm), ("chains", chains)):
        if not is_whole(value, 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
    if not is_whole(seed, 0):
        raise FlownetError(f"seed is {shown(seed)}; it has to be a whole number from 0 up.")
    anchor = positive_or_none("anchor", anchor)
    if anchor is None:
        raise FlownetError("anchor is None; it has to be a number above 0.")
    ground = Ground(potential, W, metric)
    n, beta = _temperature(potential, samples, beta)
    step = positive_or_none("step", step) or 1 / (
        beta * ground.radius(ground.x(ground.start)[None]) + anchor
    )
    with _progress.bar(chains * (warm + draws), shown=progress, what="steps of the chains") as show:
        count = iter(range(1, chains * (warm + draws) + 1))
        words = {"draws": draws, "warm": warm, "judged": judged, "seed": seed}
        runs = [
            run_chain(ground, beta, anchor, step, chain=k, show=lambda: show(next(count)), **words)
            for k in range(chains)
        ]
    here = ground.value(ground.x(ground.start))
    excess = beta * np.array([run.losses - here for run in runs])
    parts = [part for row in excess for part in np.array_split(row, min(_BLOCKS, draws))]
    means = np.array([part.mean() for part in parts])
    mean_step = float(np.mean([run.step for run in runs]))
    rank, anchored, stepped = _regular(ground, beta, anchor, 0.0 if judged else mean_step)
    return LearningCoefficient(
        float(excess.mean()),
        standard_error(means),
        beta,
        anchor,
        mean_step,
        float(np.mean([run.acceptance for run in runs])),
        rank * anchored * stepped,
        anchored,
        stepped,
        n * float(np.mean([run.losses for run in runs])),
        excess,
    )


def _temperature(potential, samples, beta):
    """n and nβ."""
    beta = positive_or_none("beta", beta)
    if samples is None:
        samples = potential.data.m if potential.data is not None else None
    if samples is None and beta is None:
        raise FlownetError("the number of samples is not known: pass samples=n, or beta=nβ.")
    if samples is not None and not (is_real(samples) and samples > 1):
        raise FlownetError(f"samples is {shown(samples)}; it has to be a number above 1.")
    n = np.nan if samples is None else float(samples)
    return n, n / np.log(n) if beta is None else beta


def _regular(ground, beta, anchor, step):
    """Half the rank of H at W*, and what anchor and step make of it: three numbers."""
    operator = metric_hessian(ground.potential, ground.start, ground.metric)
    if operator.shape[0] > EXACT:
        return np.nan, np.nan, np.nan
    h = beta * np.linalg.eigvalsh(matrix(operator))
    h = h[h > 1e-10 * np.abs(h).max(initial=0.0)]
    held = h / (h + anchor)
    moved = held / (1 - step * (h + anchor) / 4)
    if not len(h):
        return 0.0, 1.0, 1.0
    return len(h) / 2, float(held.mean()), float(moved.sum() / held.sum())
