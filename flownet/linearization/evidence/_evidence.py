"""The evidence of data for a network, by Laplace's method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._registry import among
from ...geometry.curvature import metric_hessian
from ...model._check import is_whole
from ..exits import CriticalPoint
from ._laplace import Evidence
from ._likelihood import check_noise, likelihood_of, positive_or_none
from ._spectrum import gauss_newton, hessian

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Positive
    from ...model.potential import AnyPotential

CURVATURES = ("both", "gauss-newton", "hessian")


@with_origin
def evidence(
    potential: AnyPotential,
    W: ArrayLike | CriticalPoint,
    *,
    prior: Positive | None = None,
    noise: Positive | None = None,
    metric: MetricLike | None = None,
    curvature: Literal["both", "gauss-newton", "hessian"] = "both",
    probes: int = 8,
    steps: int = 60,
    seed: int = 0,
) -> Evidence:
    """Evidence (marginal likelihood) of data for a network at W, by Laplace's method.

    log Z = −U − ½α‖W‖² − ½Σ log(1 + h/α), h the curvatures of U, the −log likelihood: U = mL/σ² +
    (m·n_out/2)·log 2πσ² of the quadratic loss, which is Gaussian noise, and mL of cross-entropy.
    It compares networks, priors and noises by the data that they were trained on (MacKay, Neural
    Computation 4 (1992) 415). By the Hessian it exists where H + α is positive, by Gauss–Newton
    (GGN) always; both are printed, with ‖∂(U + ½α‖W‖²)‖. Spectra are exact up to 4000 parameters,
    Gauss–Newton's also up to 4000 numbers m·n_out of the truth; beyond, they are seen by stochastic
    Lanczos quadrature: Gauss's rule bounds each probe from one side, Radau's, with a node below the
    spectrum, from the other, and what the probes scatter is the standard error. Gauss–Newton's ends
    at 0; the Hessian's at its least curvature, found by Lanczos, less the residual of that.

    Parameters
    ----------
    potential : Potential, or Potential + κ·Parabola
    W : array (D,) or CriticalPoint
        Where the posterior is largest.
    prior : float, optional
        α, the precision of a Gaussian prior on W. By default that which a Parabola in the
        potential stands for: α = κm/σ².
    noise : float, optional
        σ of the values; by default √(Σe²/N), what the residuals say. Classes have none.
    metric : LayerMetric or DiagonalMetric, optional
        Of the prior, ½α‖W‖² in it; what it freezes is known.
    curvature : {"both", "gauss-newton", "hessian"}
    probes, steps, seed : int
        Of the quadrature.

    Returns
    -------
    Evidence

    Raises
    ------
    FlownetError
        Unless the potential is that of a real network, with a prior, α and σ are above 0, and W and
        the metric have its D parameters; for a noise of classes. For the Hessian alone of more than
        4000 parameters where its least curvature is not found, or H + α bends down.
    """
    among("curvature", curvature, CURVATURES)
    for name, value in (("probes", probes), ("steps", steps)):
        if not is_whole(value, 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
    likelihood, kappa = likelihood_of(potential)
    noise = positive_or_none("noise", noise)
    alpha = positive_or_none("prior", prior)
    operator = metric_hessian(
        likelihood.potential, W.W if isinstance(W, CriticalPoint) else W, metric
    )
    loss = float(operator.hessian.loss)
    check_noise(likelihood, noise)
    if likelihood.has_noise and noise is None:
        noise = float(np.sqrt(2 * likelihood.samples * loss / likelihood.values))
        if not noise > 0:
            raise FlownetError("the residuals are 0 and say no noise: pass noise=σ.")
    variance = 1.0 if noise is None else noise**2
    if (alpha is None) == (kappa is None):
        raise FlownetError(
            "the prior is missing: pass prior=α, or a potential with a Parabola."
            if alpha is None
            else "the prior is said twice: by prior=α, and by the Parabola in the potential."
        )
    if alpha is None:
        alpha = positive_or_none("the Parabola's strength", kappa) * likelihood.samples / variance
    x = operator.coordinates(operator.W)
    return Evidence(
        operator.W,
        float(alpha),
        noise,
        loss,
        float(x @ x),
        operator.shape[0],
        operator.covector(operator.hessian.dL),
        x,
        likelihood,
        _spectra(operator, likelihood, metric, curvature, (probes, steps, seed), alpha * variance),
        metric,
    )


def _spectra(operator, likelihood, metric, curvature, quadrature, prior):
    """Spectra that are wanted, by the names of their curvatures; the prior in units of m·L."""
    given = operator.potential, operator.W, metric, likelihood.samples, *quadrature
    found = {}
    if curvature != "gauss-newton":
        found["hessian"] = hessian(*given)
        if curvature == "hessian":
            _check_bends(found["hessian"], prior)
    if curvature != "hessian":
        found["gauss-newton"] = gauss_newton(*given)
    return found


def _check_bends(spectrum, prior):
    """Refuse the Hessian alone where rules would have to see it and it is not positive."""
    if spectrum is None:
        raise FlownetError(
            "the least curvature of the Hessian was not found, and nothing bounds its evidence: "
            "take curvature='gauss-newton'."
        )
    if spectrum.values is None and spectrum.least <= -prior:
        raise FlownetError(
            f"H + α bends down: the least curvature of the data is {spectrum.least / prior:.4g} "
            "times the prior's, and Laplace's method does not exist with the Hessian; take "
            "curvature='gauss-newton', or W where the posterior is largest."
        )
