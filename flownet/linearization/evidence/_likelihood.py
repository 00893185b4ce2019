"""What a loss means as a likelihood, and a parabola as a prior."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_real
from ...model.potential import CrossEntropy, Parabola, Potential, Quadratic


@dataclass(frozen=True)
class Likelihood:
    """−log likelihood U = m·L/σ² + constant of a network's potential on m samples.

    Attributes
    ----------
    potential : Potential
        Without a prior.
    samples : int
        m.
    values : int
        m·n_out, the numbers that noise is added to; 0 of classes.
    log_metrics : float
        (m/2)·log det γ + (n_out/2)·log det Γ.
    """

    potential: Potential
    samples: int
    values: int
    log_metrics: float

    @property
    def has_noise(self):
        """Whether there is a noise σ²: of values, not of classes."""
        return self.values > 0

    def energy(self, loss, variance):
        """U at a loss L: the quadratic one is Gaussian noise of covariance σ²·γ⁻¹⊗Γ⁻¹."""
        if not self.has_noise:
            return self.samples * loss
        constant = self.values / 2 * np.log(2 * np.pi * variance) - self.log_metrics
        return self.samples * loss / variance + constant


def likelihood_of(potential):
    """`Likelihood` and the prior's κ (None without one) of a potential, or of it plus Parabolas."""
    atoms = potential.atoms() if isinstance(potential, Potential) else _atoms(potential)
    own = [(scale, atom) for scale, atom in atoms if isinstance(atom, Potential)]
    rest = [(scale, atom) for scale, atom in atoms if not isinstance(atom, Potential)]
    right = len(own) == 1 and own[0][0] == 1
    if not right or not all(isinstance(atom, Parabola) for _, atom in rest):
        raise FlownetError(
            f"evidence of {shown(potential)}: it has to be a flownet.Potential, or one with a "
            "Parabola added, which is the prior."
        )
    atom = own[0][1]
    if atom.network.is_complex:
        raise FlownetError("evidence is one of real networks; flownet.real_view makes them real.")
    kappa = sum(scale * parabola.strength for scale, parabola in rest) if rest else None
    m, n = atom.data.y.shape
    if isinstance(atom.loss, CrossEntropy):
        return Likelihood(atom, m, 0, 0.0), kappa
    if not isinstance(atom.loss, Quadratic):
        raise FlownetError(f"evidence wants a loss that is a likelihood, not {atom.loss!r}.")
    logs = m * _log_det(atom.loss.output_metric) + n * _log_det(atom.loss.sample_metric)
    return Likelihood(atom, m, m * n, logs / 2), kappa


def _atoms(potential):
    try:
        return potential.atoms()
    except AttributeError:  # of what is no potential at all
        return []


def _log_det(metric):
    """log det of a metric, given as a matrix, as its diagonal, or not at all."""
    if metric is None:
        return 0.0
    return float(np.log(metric).sum() if metric.ndim == 1 else np.linalg.slogdet(metric)[1])


def positive_or_none(name, value):
    """A number above 0, or None."""
    if value is not None and not (is_real(value) and value > 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    return None if value is None else float(value)


def check_noise(likelihood, noise):
    """Refuse the noise of what has none."""
    if noise is not None and not likelihood.has_noise:
        raise FlownetError(
            "noise is of values; cross-entropy is a likelihood of classes by itself."
        )
