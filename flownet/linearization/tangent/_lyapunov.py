"""Lyapunov exponents along a run of finite steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ...model._check import is_whole
from ...motion.loops import make_loop, set_velocity
from ...motion.mechanics._start import initial_parameters, initial_velocity, start
from ...store.trajectory import Trajectory
from ._growth import growth
from ._maps import Tangent
from ._result import Lyapunov, result
from ._walk import steps_of_loop, steps_of_run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


@overload
def lyapunov(
    what: Trajectory,
    *,
    count: int = ...,
    first: int = ...,
    last: int | None = ...,
    transient: int = ...,
    every: int = ...,
    seed: int = ...,
    progress: bool = ...,
) -> Lyapunov: ...


@overload
def lyapunov(
    what: AnyPotential,
    mechanics: Mechanics,
    *,
    steps: int,
    W0: ArrayLike | None = ...,
    V0: ArrayLike | None = ...,
    metric: MetricLike | None = ...,
    batch_size: int | None = ...,
    count: int = ...,
    transient: int = ...,
    every: int = ...,
    seed: int = ...,
    progress: bool = ...,
) -> Lyapunov: ...


@with_origin
def lyapunov(
    what: Trajectory | AnyPotential,
    mechanics: Mechanics | None = None,
    *,
    count: int = 1,
    first: int = 0,
    last: int | None = None,
    steps: int | None = None,
    W0: ArrayLike | None = None,
    V0: ArrayLike | None = None,
    metric: MetricLike | None = None,
    batch_size: int | None = None,
    transient: int = 0,
    every: int = 1,
    seed: int = 0,
    progress: bool = True,
) -> Lyapunov:
    """Lyapunov exponents of finite steps: how fast neighbouring states part or meet, per step.

    A step takes a small displacement δ of W to (I − h·g^♯H)δ, H the Hessian of the step's own
    batch, which is applied and never stored; mechanics that remember take one of W and of their
    memories together, by the exact derivative of their update. `count` displacements are pushed
    along the run and made orthonormal in the metric by Householder's QR, whose diagonal says by how
    much each grew (Benettin et al., Meccanica 15, 1980, 9). Frozen parameters do not count, and a
    complex parameter is two real ones.

    `lyapunov(run)` goes along a recorded run: steps between recorded rows are taken again.
    `lyapunov(potential, mechanics, W0=…, steps=…)` takes the steps of `train` and records nothing.
    On a parabola the exponents are log|1 − hκ|, and of momentum the logarithms of the eigenvalues
    of its 2×2 map, whose sum is log β.

    Parameters
    ----------
    what : Trajectory or Potential
    mechanics : Mechanics
        Of a potential.
    count : int
        How many exponents, the largest ones.
    first, last : int
        Iterations of a run from which and up to which, the last excluded; all by default.
    steps : int
        Of a potential: how many steps count, after those of the transient.
    W0, V0, metric, batch_size
        Of a potential, as in `train`; a run has its own.
    transient : int
        Steps at first that do not count, while displacements turn to where they grow most and the
        run settles.
    every : int
        Steps between two looks; those at the end that make no whole number of looks do not count.
    seed : int
        Of the displacements at first; of a potential also of the batches, and of W0 by default.
    progress : bool

    Returns
    -------
    Lyapunov

    Raises
    ------
    FlownetError
        For mechanics whose steps depend on more than one dL and their own memories, a metric that
        depends on the point, a potential without a Hessian, and counts that are out of range.

    Examples
    --------
    >>> import flownet as fn
    >>> found = fn.lyapunov(fn.Parabola(), fn.Aristotle(0.5), W0=[1.0], steps=100)
    >>> print(f"{found.exponents[0]:.4f}")  # log|1 − 0.5|
    -0.6931
    """
    for name, value, least in (
        ("count", count, 1),
        ("every", every, 1),
        ("transient", transient, 0),
    ):
        if not is_whole(value, least):
            raise FlownetError(
                f"{name} is {shown(value)}; it has to be a whole number from {least} up."
            )
    if isinstance(what, Trajectory):
        _only_of_potential(mechanics, steps, W0, V0, metric, batch_size)
        tangent, walk, span = _of_run(what, first, last)
    else:
        if (first, last) != (0, None):
            raise FlownetError("first= and last= are of a run; of a potential steps= says how far.")
        if not is_whole(steps, every):
            raise FlownetError(
                f"steps is {shown(steps)}; it has to be a whole number from every={every} up."
            )
        span = int(transient) + int(steps or 0)
        given = mechanics, W0, V0, metric, batch_size, seed
        tangent, walk = _of_potential(what, *given, span)
    if span < transient + every:
        raise FlownetError(
            f"{span} steps hold no look behind a transient of {transient}: one wants every={every} "
            "of them."
        )
    with _progress.bar(span, shown=progress) as show:
        found, states = growth(walk, span, tangent, count, every, transient, seed, show)
    return result(found, states, repr(tangent.mechanics))


def _of_run(run, first, last):
    """The tangent maps of a recorded run, its steps, and how many they are."""
    if run.is_flow:
        raise FlownetError("a flow takes no finite steps: lyapunov wants a run of flownet.train.")
    done = len(run.step)
    last = done if last is None else last
    if not (is_whole(first, 0, done) and is_whole(last, first, done)):
        raise FlownetError(
            f"first and last are {shown(first)} and {shown(last)}; the run has steps 0 to "
            f"{done - 1}, and first comes before last."
        )
    run.in_one_way("a Lyapunov exponent")
    pairs, born = run.parameters.dtype.kind == "c", run.parts[0].born
    tangent = Tangent(run.mechanics, pairs, born)
    return tangent, steps_of_run(run, first, last, tangent.needs_memory), last - first


def _of_potential(potential, mechanics, W0, V0, metric, batch_size, seed, span):
    """The tangent maps of steps that are taken now, and these steps."""
    potential, metric = start(potential, mechanics, metric, batch_size, span, seed)
    W = initial_parameters(potential, W0, seed)
    V = initial_velocity(mechanics, V0, W)
    tangent = Tangent(mechanics, W.dtype.kind == "c")
    loop = make_loop(potential, mechanics, metric, W, 0.0, batch_size, seed)
    set_velocity(loop, V)
    words = potential, batch_size, seed, 0, span, tangent.needs_memory
    return tangent, steps_of_loop(loop, *words)


def _only_of_potential(*given):
    names = ("mechanics", "steps", "W0", "V0", "metric", "batch_size")
    for name, value in zip(names, given):
        if value is not None:
            raise FlownetError(f"{name}= is of a potential; a run has its own.")
