"""Whether two minima are the same one, after removing the symmetries of hidden units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...geometry.curvature import eigenpairs, metric_hessian
from ._align import align, symmetry
from ._barrier import Barrier, barrier
from ._point import CriticalPoint

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

#: what a verdict may say, and what is meant by it
MEANINGS = {
    "same basin": "both are one minimum, or lie in one valley with no rise on the straight path "
    "between them, once the symmetries of hidden units are removed",
    "different basin": "they are two minima: the loss rises between them, whichever of their equal "
    "copies are compared",
    "saddle": "one of them is no minimum: some directions there lead down, and it is left sooner "
    "or later",
    "not reached": "the time allowed was over before a flow came to a minimum: allow it more",
}
SAME = 1e-6  # of the length of the parameters: what the polish of two minima may leave


@dataclass(frozen=True)
class Comparison(Tabled):
    """Two critical points A and B, as they are and without the symmetries of hidden units.

    Attributes
    ----------
    verdict : str
        "same basin", "different basin", "saddle" or "not reached".
    distance, aligned_distance : float
        In the metric.
    length : float
        Of the longer of the two, in the metric.
    barrier, aligned_barrier : Barrier
        On the straight path.
    A, B : ndarray (D,)
        Aligned parameters.
    symmetries : str
        What was removed.
    reason : str
    """

    verdict: str
    distance: float
    aligned_distance: float
    length: float
    barrier: Barrier
    aligned_barrier: Barrier
    A: np.ndarray
    B: np.ndarray
    symmetries: str
    reason: str

    @property
    def same(self) -> bool:
        """Whether both lie in one basin."""
        return self.verdict == "same basin"

    def table(self) -> Table:
        """Distance and barrier, as the points are and aligned, as a `Table`."""
        paths = self.barrier, self.aligned_barrier
        return Table(
            "",
            {
                "between them": (str, ["as they are", "aligned"]),
                "distance": (".6g", [self.distance, self.aligned_distance]),
                "barrier above the line between them": (short, [path.height for path in paths]),
                "barrier above the higher": (short, [path.rise for path in paths]),
                "rounding of a barrier": (".0e", [path.floor for path in paths]),
            },
            [
                f"symmetries of hidden units removed: {self.symmetries}",
                f"verdict: {self.verdict}. {self.reason}",
                f"{self.verdict!r} means: {MEANINGS[self.verdict]}",
            ],
            upright=True,
        )


@with_origin
def compare_minima(
    potential: AnyPotential,
    A: CriticalPoint | ArrayLike,
    B: CriticalPoint | ArrayLike,
    *,
    metric: MetricLike | None = None,
) -> Comparison:
    """Whether two minima lie in one basin, after removing the symmetries of hidden units.

    Permutations of hidden units, signs of odd ones (identity, tanh, sin), and, unless a term such
    as weight decay sees it, reflections of sigmoid and rescaling of homogeneous ones (identity,
    relu, leaky_relu). Not removed: shifts of sin by π, mixing of identity units. Minima are
    the same at a distance of at most 1e-6 of their length, or, where they have flat directions,
    if the loss nowhere rises above them on the straight path.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    A, B : CriticalPoint or array (D,)
        An array is taken for a minimum.
    metric : LayerMetric or DiagonalMetric, optional
        Of the distances.

    Returns
    -------
    Comparison

    Raises
    ------
    FlownetError
        Unless A, B and the metric have the potential's D parameters and A and B agree in those that
        are frozen.
    """
    where = (point.W if isinstance(point, CriticalPoint) else point for point in (A, B))
    a, b = (metric_hessian(potential, W, metric) for W in where)
    potential, metric = a.potential, a.metric
    if (a.W != b.W)[~metric.free].any():
        raise FlownetError(
            "A and B differ in parameters that the metric freezes: they have no distance."
        )
    length = float(max(np.linalg.norm(x.coordinates(x.W)) for x in (a, b)))
    curvature = abs(
        eigenpairs(potential, a.W, metric=metric, which="magnitude", rtol=1e-2).values[0]
    )
    W_a, W_b = align(potential, a.W, b.W, metric)
    distances = [float(np.linalg.norm(a.coordinates(V))) for V in (b.W - a.W, W_b - W_a)]
    paths = [barrier(potential, *ends, curvature * length**2) for ends in ((a.W, b.W), (W_a, W_b))]
    verdict, reason = _verdict(A, B, distances[1], length, paths[1])
    return Comparison(
        verdict,
        distances[0],
        distances[1],
        length,
        paths[0],
        paths[1],
        W_a,
        W_b,
        symmetry(potential, metric).words,
        reason,
    )


def _verdict(A, B, distance, length, path):
    points = [point for point in (A, B) if isinstance(point, CriticalPoint)]
    lost = [point for point in points if point.kind == "not reached"]
    if lost:
        return "not reached", f"after a time of {lost[0].time:.4g} a flow is still on its way."
    saddles = [point for point in points if point.kind == "saddle"]
    if saddles:
        return "saddle", " ".join(f"A flow ends at a {point.words}." for point in saddles)
    if distance <= SAME * length:
        return "same basin", f"Their distance is {distance / (length or 1):.1e} of their length."
    flat = [point.flat for point in points if point.flat > 0]
    if not path.above_rounding and (flat or not points):
        return "same basin", ("The loss does not rise between them: one valley.")
    valley = (
        f" They have {max(flat):.0f} flat directions: one curved valley may still join them."
        if flat
        else ""
    )
    return "different basin", (
        f"The loss on the straight path rises by {path.rise:.3g} above the higher of them.{valley}"
    )
