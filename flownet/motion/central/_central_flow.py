"""`central_flow`: the middle line of a run of RMSProp, momentum or descent at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ...geometry.curvature import with_hessian
from ...model._check import numbers_in
from .. import _check
from ..flow import integrate
from ._laws import law_of
from ._multiplier import multiplier
from ._path import Path
from ._result import CentralFlow

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Positive
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


@with_origin
def central_flow(
    potential: AnyPotential,
    mechanics: Mechanics,
    *,
    W0: ArrayLike,
    steps: Positive,
    at: ArrayLike | None = None,
    square: ArrayLike | None = None,
    rate: Positive = 1.0,
    rtol: Positive = 1e-6,
    max_gradients: Count = 1_000_000,
) -> CentralFlow:
    """Central flow of RMSProp, momentum or descent: a run but for its oscillation at the edge.

    In units of steps, with a preconditioner P in which P⁻¹H = 2 is the edge of stability,

        dW/dk = −c·P⁻¹[dL + ½∂⟨Σ, H⟩],   dν/dk = (1 − β₂)/β₂·[E − ν],   E = dL² + 4P²·diag Σ

    (Cohen, Damian et al., arXiv:2410.24206). Aristotle has P = 1/h and c = 1; RMSProp
    P = (√ν + ε)/η; of `ScalarRMSProp` one ν and E = ‖dL‖² + 4P²·tr Σ. Momentum β is, to leading
    order, P = (1 + β)/h and c = (1 + β)/(1 − β), so that the edge is (2 + 2β)/h. The covariance Σ
    of the oscillation is the semidefinite one on the directions near the edge that holds them
    there: A = 2P − H on them, Y = rate·A + dA/dk ⪰ 0, Σ ⪰ 0, ⟨Σ, Y⟩ = 0, as in `Central`, which
    is the same flow of descent for `flow`. Of one direction of scalar RMSProp σ² is

        [k′(S²/4 − ‖dL‖²/η²) − ⟨dL, ∂S⟩] / [½‖∂S‖² + k′S²/η²],   k′ = (1 − β₂)/β₂,

    and the step size is pinned at 2/S. `condition` of what is returned says in words when it holds.
    That is not always: where the oscillation is large the orbit W ± δ may be unstable, as it is of
    strong momentum, and the run bursts before long. Its `multiplier` tells, and `lasts` in how many
    steps. On a bowl at rest RMSProp's is β₂: its memory damps what departs.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)` and third actions
        Of real parameters, in the plain metric.
    mechanics : Aristotle, Newton, ScalarRMSProp or RMSProp
        With one constant step; RMSProp without centre and momentum.
    W0 : array (D,)
    steps : float
        How far to go.
    at : array (T,), optional
        Ascending numbers of steps to record; 101 alike from 0 to `steps` by default.
    square : float or array (D,), optional
        ν at the start, such as a run's `state.memories["square"]`; by default dL² at W0.
    rate : float
        Of relaxation to the edge, per step.
    rtol : float
        Error of a step of the integration, relative to each number: from 1e-13 to 0.1.
    max_gradients : int
        Evaluations of dL at most.

    Returns
    -------
    CentralFlow

    Raises
    ------
    FlownetError
        For mechanics without one, complex parameters, and arrays of another size; where nothing
        holds the curvature at the edge, or `max_gradients` are spent.

    Examples
    --------
    RMSProp at rest on a bowl oscillates by η²/4 in every coordinate:

    >>> import numpy as np
    >>> import flownet as fn
    >>> H = np.array([[1.0, 0.5], [0.5, 2.0]])
    >>> bowl = fn.CustomPotential(2, lambda W: (W @ H @ W / 2, H @ W),
    ...     hessian_action=lambda W, V: H @ V, third_action=lambda W, V: 0 * V)
    >>> rest = fn.central_flow(bowl, fn.RMSProp(0.01, 0.99), W0=[0.1, 0.1], steps=3000)
    >>> print(f"{rest.variance[-1] / (2 * 0.01**2 / 4):.3f}")
    1.000
    """
    potential, law = with_hessian(potential), law_of(mechanics)
    if potential.dtype is not None and np.dtype(potential.dtype).kind == "c":
        raise FlownetError("a central flow is one of real parameters; flownet.real_view has them.")
    steps, rate = _check.positive("steps", steps), _check.positive("rate", rate)
    W = _real("W0", W0)
    if W.shape != (potential.size,):
        raise FlownetError(f"W0 has shape {W.shape}; the potential's is ({potential.size},).")
    at = np.linspace(0, steps, 101) if at is None else _real("at", at)
    if at.ndim != 1 or not at.size or at[0] < 0 or (np.diff(at) < 0).any() or at[-1] > steps:
        raise FlownetError(f"at is {shown(at)}; it has to ascend from 0 on to steps = {steps:g}.")
    if not (_check.is_number(rtol) and 1e-13 <= rtol <= 0.1):
        raise FlownetError(f"rtol is {shown(rtol)}; it has to be a number from 1e-13 to 0.1.")
    path = Path(potential, law, rate, _check.whole("max_gradients", max_gradients, 1))
    y0 = np.concatenate([W, _memory(law, potential, W, square)])
    times = np.concatenate([[0.0], at])
    rows = integrate(path.velocity, y0, times, rtol=rtol, atol=rtol * 1e-3)[1:]
    return _measured(path, at, rows, mechanics)


def _memory(law, potential, W, square):
    """ν at the start."""
    if law.kept == 0:
        if square is not None:
            raise FlownetError("square is the memory of RMSProp; these mechanics have none.")
        return np.zeros(0)
    size = law.kept or len(W)
    if square is None:
        dL = potential.differential(W)[1]
        square = dL @ dL if size == 1 else dL * dL
    square = _real("square", square)
    if square.shape not in ((), (1,), (size,)) or not (square > 0).all():
        wanted = "a number" if size == 1 else f"a number, or {size} of them,"
        raise FlownetError(f"square is {shown(square)}; the memory of dL² is {wanted} above 0.")
    return np.broadcast_to(square, size).copy()


def _real(name, given):
    """Real numbers, in double precision."""
    given = numbers_in(name, given)
    if given.dtype.kind == "c" or not np.isfinite(given).all():
        raise FlownetError(f"{name} is {shown(given)}; it has to be finite real numbers.")
    return given.astype(np.float64)


def _measured(path, at, rows, mechanics):
    """`CentralFlow` of rows (T, n) of (W, ν)."""
    D, found = path.size, []
    for row in rows:
        W, nu = row[:D], row[D:]
        here, loss = path.at(W, nu), float(path.potential.value(W))
        oscillates = np.linalg.eigvalsh(here.X) if len(here.X) else np.zeros(0)
        spread = np.einsum("ij,id,jd->d", here.X, here.U, here.U)
        found.append(
            (
                loss,
                loss + float(np.diag(here.X) @ here.values) / 2 if len(here.X) else loss,
                here.values[0] / 2,
                spread.sum(),
                np.count_nonzero(oscillates > 1e-12 * max(1e-300, oscillates.max(initial=0))),
                multiplier(path.potential, path.law, W, nu, here),
            )
        )
    loss, mean, edge, variance, count, mu = np.array(found).T
    square = rows[:, D:] if rows.shape[1] > D else None
    return CentralFlow(
        at, rows[:, :D], square, loss, mean, edge, variance, count.astype(int), mu, mechanics
    )
