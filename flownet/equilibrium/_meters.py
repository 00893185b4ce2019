"""Meters of a system at W: how much the nudge falsifies, and how far its states can be trusted."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._table import Table, Tabled, percent, short
from ..kernels.scalar.states import CLIPPED

if TYPE_CHECKING:
    from .._types import Vector

_ORDER = 8  # of the nudge
_SOLVES = 12  # of the power iteration for the softest direction
_PROBE = 1e-4  # length of a probe of the curl, relative to W

#: by part, what it measures
PARTS = {
    "bias": "bias of the estimate, beside dL",
    "curl": "curl of the estimate: relaxations that did not arrive",
    "softness": "least curvature of the energy at a free state",
    "kink": "nudge at which the first unit meets or leaves a bound",
    "radius": "nudge up to which the powers of the nudge converge",
    "sweeps": "sweeps of the free relaxation",
    "residual": "largest change in its last sweep",
}


@dataclass(frozen=True, repr=False)
class Meters(Tabled):
    """What `Equilibrium.meters` finds.

    Attributes
    ----------
    bias : float
        ‖estimate − dL‖/‖dL‖.
    curl : float
        |⟨u, Jv⟩ − ⟨v, Ju⟩| beside |⟨u, Jv⟩| + |⟨v, Ju⟩| for random u, v, J the Jacobian of the
        estimate: 0 for the differential of any potential, as that of states at rest is.
    softness : float
        λ_min of H over all samples: relaxations take 1/λ_min sweeps, and near a fold, where it
        vanishes, |dL| grows as 1/λ_min and the nudges allowed shrink as λ_min². NaN without H.
    kink : float
        The least |β| at which a unit of some sample reaches or leaves a bound, to first order; inf
        without bounds. Beyond it no power of the nudge means anything.
    radius : float
        R, from the ratio of late coefficients of the covector in the nudge; inf where they vanish,
        NaN of a system without series.
    sweeps : int
    residual : float
    """

    bias: float
    curl: float
    softness: float
    kink: float
    radius: float
    sweeps: int
    residual: float

    def values(self) -> Vector:
        """All meters (7,), in their order."""
        return np.array(astuple(self), np.float64)

    def table(self) -> Table:
        """Each meter with what it measures."""
        forms = [percent, percent, short, short, short, short, short]
        return Table(
            "",
            {
                "meter": (str, list(PARTS)),
                "value": (str, [form(value) for form, value in zip(forms, astuple(self))]),
                "what it measures": (str, list(PARTS.values())),
            },
        )


def meters(potential: Any, W: Vector, seed: int = 0) -> Meters:
    """All meters at W."""
    estimate, dL = potential.differential(W)[1], potential.exact(W)[1]
    system, radius, softness, kink = potential.system, np.nan, np.nan, np.nan
    if system.has_series:
        jet = potential.nudge_jet(W, _ORDER).astype(float)  # late powers may be large
        sizes = [float(np.linalg.norm(g)) for g in jet]
        eps = np.finfo(W.dtype).eps
        radius = sizes[-2] / sizes[-1] if sizes[-1] > eps * sizes[0] else np.inf
    with potential.phases.at(W) as at:
        _ = at.free
        relaxed = potential.phases.relaxed["free"]
        if system.conservative:
            softness, kink = _softness(at, seed), _kink(at)
    return Meters(
        bias=_share(float(np.linalg.norm(estimate - dL)), float(np.linalg.norm(dL))),
        curl=_curl(potential, W, seed),
        softness=softness,
        kink=kink,
        radius=radius,
        sweeps=relaxed.sweeps,
        residual=relaxed.change,
    )


def _curl(potential, W, seed):
    random, real = np.random.default_rng(seed), W.real.dtype  # complex W are two reals each
    u, v = random.standard_normal((2, W.view(real).size))
    h = _PROBE * max(1.0, float(np.linalg.norm(W))) / np.sqrt(W.size)

    def along(direction):
        moved = (h * direction).view(np.result_type(W, float))
        ends = (potential.differential(W + sign * moved)[1] for sign in (1, -1))
        return (next(ends) - next(ends)).view(real) / (2 * h)

    one, other = float(u @ along(v)), float(v @ along(u))
    return _share(abs(one - other), abs(one) + abs(other))


def _share(part, whole):
    """NaN of nothing."""
    return part / whole if whole else np.nan


def _softness(at, seed):
    """1/λ_max(H⁻¹), by power iteration with one linear solve a step, all samples at once."""
    s, states = at.free, at.states
    v = np.random.default_rng(seed).standard_normal(s.shape).astype(s.dtype)
    least = np.inf
    for _ in range(_SOLVES):
        layers = _views(states, v)
        size = np.sqrt(sum((layer * layer).sum(axis=1) for layer in layers))
        for layer in layers:
            layer /= np.where(size > 0, size, 1)[:, None]
        image, _ = states.solve(s, v)
        pairs = zip(layers, _views(states, image))
        along = sum((one * other).sum(axis=1) for one, other in pairs)
        largest = along[np.abs(along).argmax()]
        least = 1 / largest if largest else np.inf
        v = image
    return float(least)


def _views(states, v):
    """Views of a state's numbers, one sample a row."""
    return [v] if v.ndim == 2 else states.layers(v)


def _kink(at):
    """Where s − βv, or the drive of a unit that is held, first meets a bound."""
    states = at.states
    v, _ = states.yields(at.free, at.force)
    own = states.first_kink(at.free, v, at.force)
    if own is not None:
        return own
    found = np.inf
    system, free, moves = states.system, states.layers(at.free), states.layers(v)
    slopes = system.image_slopes(free)
    shown = _times(slopes, moves)
    drives = _times(slopes, system.drive(at.W, states.x, system.images(free)))
    bends = _times(slopes, system.drive(at.W, 0 * states.x, shown, bias=False))
    bends[-1] = bends[-1] + states.on_top(at.force)  # what the nudge takes from its own drive
    for layer, (s, dv) in enumerate(zip(free, moves)):
        units = states.units_of(layer)
        if system.smooth or units.code[layer] not in CLIPPED:
            continue
        held = (s <= units.first) | (s >= units.second)
        for bound in (units.first, units.second):
            with np.errstate(all="ignore"):
                meets = np.abs((s - bound) / dv)
                leaves = np.abs((drives[layer] - units.own * bound) / bends[layer])
            at_bound = held & (s == bound)
            for each in (meets[~held], leaves[at_bound]):
                found = min(found, float(np.min(each[np.isfinite(each)], initial=np.inf)))
    return found


def _times(slopes, layers):
    return [slope * each for slope, each in zip(slopes, layers)]
