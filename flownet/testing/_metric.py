"""`check_metric`: raising and lowering the index undo each other, lengths are positive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from ..geometry.metric import Metric
from ..model.potential import as_potential
from ..model.tables import metric_from, metric_table
from ..store.trajectory import has_program
from ._expect import check, expect, near, numbers, one_line, pair, refused, same_bits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..model.potential import AnyPotential

_FEW = 5  # components whose own stiffness is compared


@check
def check_metric(
    metric: Metric,
    potential: AnyPotential | None = None,
    *,
    W: ArrayLike | None = None,
    time: float = 0.0,
) -> None:
    """Check that a metric keeps its contract, `flownet.Metric`.

    At a time and a point: `sharp` and `flat` undo each other, are symmetric, and give no vector a
    length below 0; frozen components do not move; the root, if it has one, squares to the metric;
    `own`, `real_view` and what kernels know agree with these; the same bits come twice. Of a norm
    that is no metric (`linear` is False): no displacement of length 1 gains more than `steepest`,
    lengths obey the triangle inequality, and `sharp` and `flat` keep them.

    Parameters
    ----------
    metric : Metric
    potential : potential, optional
        One of the same parameters; from its table the metric is made again.
    W : array (D,), optional
        Of a metric that depends on the point.
    time : float
        Of one that depends on time.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    expect(isinstance(metric, Metric), f"{shown(metric)} derives from no flownet.Metric")
    one_line(metric)
    D, since, until = metric.size, *metric.span(time)
    expect(since <= time < until, f"{shown(metric)}: span({time:g}) is {since:g} to {until:g}")
    if potential is not None:
        potential = as_potential(potential, needs=())
        expect(
            potential.size == D, f"{shown(metric)}: size is {D}, the potential's {potential.size}"
        )
    W = numbers(3, D) if W is None else np.asarray(W)
    now = _at(metric, time)
    at = now.seen_at(W)
    for dtype in (np.float64, np.float32):
        there = now.seen_at(W.astype(dtype))
        if at.linear:
            _inverse(there, dtype, whole=not now.depends_on_point)
        else:
            _normed(there, dtype)
    if at.linear:
        _symmetric(at)
        _rooted(at)
        _others(at)
    if not now.depends_on_point:
        _of_complex(at)
    if potential is not None:
        _from_table(metric, potential, W, time)


def _at(metric: Any, time):
    """The metric at a time; of one that follows the steps of a run some one of it."""
    if not metric.of_steps:
        return metric.at(time)
    return metric.with_numbers(None if metric.of_state else metric.numbers(0, np.array([time]))[0])


def _inverse(g, dtype, whole):
    """g^♯g♭ is 1 on what may move; where a chart forgets a direction, g♭g^♯g♭ = g♭."""
    free, name, eps = g.free, shown(g), np.finfo(dtype).eps
    expect(
        free.shape == (g.size,) and free.dtype == bool,
        f"{name}: free is {free.dtype} {free.shape}, and a mask ({g.size},) is expected",
    )
    V, dL = np.where(free, numbers(4, g.size), 0).astype(dtype), numbers(5, g.size, dtype)
    before = V.copy(), dL.copy()
    low, high = g.flat(V), g.sharp(dL)
    for what, found in (("flat(V)", low), ("sharp(dL)", high)):
        given, wanted = (f"{d} {s}" for d, s in ((found.dtype, found.shape), (V.dtype, V.shape)))
        expect(given == wanted, f"{name}: {what} is {given}, and {wanted} is expected")
    unchanged = (before[0] == V).all() and (before[1] == dL).all()
    expect(unchanged, f"{name}: it changes what it is given")
    expect(not high[~free].any(), f"{name}: sharp(dL) moves what is frozen")
    back = g.sharp(low)
    if whole:
        near(f"{name}: sharp(flat(V)) and V", back, V, eps)
    else:
        near(f"{name}: flat(sharp(flat(V))) and flat(V)", g.flat(back), low, eps)
        near(f"{name}: sharp(flat(sharp(dL))) and sharp(dL)", g.sharp(g.flat(high)), high, eps)
    same_bits(f"{name}: sharp", high, g.sharp(dL))
    same_bits(f"{name}: flat", low, g.flat(V))
    longer = np.zeros(g.size + 1)
    for method in (g.sharp, g.flat):
        refused(f"{name}: {method.__name__} of {g.size + 1} numbers", lambda m=method: m(longer))


def _normed(g, dtype):
    """Lengths, dual lengths, and where they are reached, of a norm."""
    free, name, eps = g.free, shown(g), np.finfo(dtype).eps
    V, U = (np.where(free, numbers(draw, g.size), 0).astype(dtype) for draw in (4, 6))
    dL = numbers(5, g.size, dtype)
    before, high, v, low = dL.copy(), g.sharp(dL), g.steepest(dL), g.flat(V)
    for what, found in (("sharp", high), ("steepest", v), ("flat", low)):
        expect(
            found.dtype == dtype and found.shape == (g.size,),
            f"{name}: {what} is {found.dtype} {found.shape}, and {V.dtype} {V.shape} is expected",
        )
    expect((before == dL).all(), f"{name}: it changes what it is given")
    expect(not high[~free].any(), f"{name}: sharp(dL) moves what is frozen")
    gained, most = pair(dL.astype(float), v.astype(float)), np.sqrt(g.dual2(dL))
    near(f"{name}: ⟨dL, steepest(dL)⟩ and ‖dL‖_*", gained, most, eps)
    near(f"{name}: the length of steepest(dL) and 1", g.norm2(v), 1.0, eps)
    near(f"{name}: sharp(dL) and ‖dL‖_*·steepest(dL)", high, dtype(most) * v, eps)
    near(f"{name}: norm2(V) and ⟨flat(V), V⟩", g.norm2(V), pair(low, V), eps)
    near(f"{name}: norm2(V) and ‖flat(V)‖_*²", g.norm2(V), g.dual2(low), eps)
    for W in (U, V, U - V):
        length, slope = np.sqrt(g.norm2(W)), pair(dL.astype(float), W.astype(float))
        expect(
            slope <= most * length * (1 + 100 * eps),
            f"{name}: a displacement of length 1 gains {slope / length:.6g}, steepest {most:.6g}",
        )
    sides = [np.sqrt(g.norm2(W)) for W in (U, V, U + V)]
    expect(
        sides[2] <= (sides[0] + sides[1]) * (1 + 100 * eps),
        f"{name}: U + V is longer than U and V together",
    )
    same_bits(f"{name}: sharp", high, g.sharp(dL))
    longer = np.zeros(g.size + 1)
    for method in (g.sharp, g.flat):
        refused(f"{name}: {method.__name__} of {g.size + 1} numbers", lambda m=method: m(longer))


def _symmetric(g):
    """g(U, V) = g(V, U), and no length is below 0."""
    free, name, eps = g.free, shown(g), np.finfo(float).eps
    U, V = (np.where(free, numbers(draw, g.size), 0.0) for draw in (6, 7))
    for what, f in (("flat", g.flat), ("sharp", g.sharp)):
        U_, V_ = f(U), f(V)
        size = np.linalg.norm(U) * np.linalg.norm(V_)
        near(f"{name}: ⟨{what}(U), V⟩ and ⟨{what}(V), U⟩", pair(U_, V), pair(V_, U), eps, size)
        length = pair(U_, U)
        expect(
            length >= 0 and (length > 0 or not free.any() or what == "flat"),
            f"{name}: ⟨{what}(V), V⟩ is {length:.2g} of a V that is not 0",
        )
    near(f"{name}: norm2(V) and ⟨flat(V), V⟩", g.norm2(V), pair(g.flat(V), V), eps)


def _rooted(g):
    """The root squares to the metric, and its inverse undoes it."""
    V, name, eps = np.where(g.free, numbers(8, g.size), 0.0), shown(g), np.finfo(float).eps
    try:
        x = g.coordinates(V)
    except FlownetError:
        return
    near(f"{name}: ‖coordinates(V)‖² and norm2(V)", x @ x, g.norm2(V), eps)
    y = numbers(9, g.size)
    dL = np.where(g.free, y, 0.0)
    p = g.displacement(dL)
    near(f"{name}: ‖displacement(dL)‖² and ⟨dL, sharp(dL)⟩", p @ p, pair(dL, g.sharp(dL)), eps)
    near(
        f"{name}: flat(displacement(x)) and coordinates(x)",
        g.flat(g.displacement(x)),
        g.coordinates(x),
        eps,
    )


def _others(g):
    """What follows from sharp and flat: own stiffness, and what kernels know."""
    name, eps, free = shown(g), np.finfo(float).eps, np.flatnonzero(g.free)
    some = free[np.linspace(0, len(free) - 1, min(_FEW, len(free))).astype(int)]
    lengths = [g.norm2(unit) for unit in np.eye(g.size)[some]]
    near(f"{name}: own and the lengths of unit displacements", g.own[some], lengths, eps)
    if g.diagonal:
        V = np.where(g.free, numbers(10, g.size), 0.0)
        own = np.where(g.free, g.own, 0.0)
        near(f"{name}: it is said to be diagonal, flat(V) and own·V", g.flat(V), own * V, eps)
    if g.is_compiled:
        bounds, inverse, stacks = g.compiled(np.float64)
        dL = numbers(12, g.size)
        alone = np.repeat(inverse, np.diff(bounds)) * dL
        if g.diagonal:
            near(f"{name}: sharp and what kernels know of it", alone, g.sharp(dL), eps)
        expect(bounds[-1] == g.size, f"{name}: kernels know it up to {bounds[-1]} of {g.size}")
        expect(g.diagonal or len(stacks[0]) > 1, f"{name}: kernels know of no coupling")


def _of_complex(g):
    """Complex vectors are raised as the reals that they are."""
    z = numbers(11, g.size, np.complex128)
    seen = g.real_view().sharp(z.view(float))
    name = f"{shown(g)}: sharp of complex numbers and of their reals"
    near(name, g.sharp(z).view(float), seen, np.finfo(float).eps)


def _from_table(metric, potential, W, time):
    """A metric with a kind is what its table says."""
    table = metric_table(metric)
    if has_program(table):
        return
    again, dL = metric_from(table, potential), numbers(13, metric.size)
    one, two = (_at(g, time).seen_at(W).sharp(dL) for g in (metric, again))
    same_bits(f"{shown(metric)}: made again of its table, sharp", two, one)
