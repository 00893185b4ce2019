"""The verdict on a step, in words, with the numbers that support them (TM §3.6 put to the test).

That "changes which are each good interfere" is a statement about coordinates: the self terms of a
step are those of its basis. So it is said only where the pairs of parameters are more than those
of a random basis and of random signs, and where no single eigendirection tells the same story.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..splits import rotation_spread

HOLDS = 0.05  # of the promise: what misses less, no plot of the loss shows
SINGLE = 0.9  # of the second order: what the other directions add cannot change what happens
ISOTROPIC = 0.8  # (tr H)²/(F tr H²): most directions bend alike, so that the step's is no choice
BEYOND = 0.1  # of the second order: pairs above chance by less change nothing that matters
SPREADS = 2.0  # standard deviations over random bases: less is chance

#: what a verdict may say, and what is meant by it; a stored one is its index
MEANINGS = {
    "the promise is noise": "first order is below what rounding can make of it, so that there is "
    "nothing to measure the other terms by",
    "the linearization holds": "second order and all beyond it change the promised descent by less "
    "than a twentieth: the step does what an infinitesimal one would",
    "kinks": "units crossed a kink of their activation within the step, which changed the loss "
    "more than the smooth second order did",
    "higher orders": "second order is small, and yet the step misses its promise: by third order "
    "and beyond, of which the critical step knows nothing",
    "all directions bend alike": "the Hessian is nearly a multiple of the metric: the step is too "
    "long or it is not, its direction does not matter",
    "a single mode": "nine tenths or more of second order lie along one eigendirection of the "
    "Hessian, in whatever coordinates one looks",
    "interference beyond chance": "pairs of parameters bring more of second order than they would "
    "in a random basis or with random signs: changes that would keep their promise alone spoil "
    "or help one another",
    "depends on the basis": "pairs of parameters bring no more of second order than chance does, "
    "so that the split into self and pairs tells of the coordinates and not of a cause",
    "not finite": "the loss or a derivative overflowed: there are no terms to compare",
}
WORDS = tuple(MEANINGS)


@dataclass(frozen=True)
class Verdict:
    """What broke the step.

    Attributes
    ----------
    words : str
        One of `WORDS`.
    reason : str
        Sentences with the numbers that support them.
    numbers : dict
        Those numbers.
    """

    meanings: ClassVar = MEANINGS

    words: str
    reason: str
    numbers: dict

    @classmethod
    def explained(cls, words):
        """A sentence on what the words of a verdict mean, whatever they are said of."""
        return f"{words!r} means: {cls.meanings[words]}"

    @property
    def meaning(self):
        """What its words mean."""
        return self.explained(self.words)

    def __str__(self):
        return f"{self.words}: {self.reason}"


def verdict(b):
    """`Verdict` of a breakdown; the first case that applies."""
    judges = (_not_finite, _below_floor, _small, _not_second, _modes, _pairs)
    return next(found for judged in judges if (found := judged(b)) is not None)


def _not_finite(b):
    return (
        None
        if b.finite
        else Verdict("not finite", "the loss or its derivatives are not finite numbers here.", {})
    )


def _below_floor(b):
    if abs(b.linear) > b.noise["linear"]:
        return None
    if not b.taken.delta.any():
        return Verdict(
            "the promise is noise",
            "the displacement is zero: step, gradient or all that the metric lets move is.",
            {"linear": 0.0, "noise": 0.0},
        )
    return Verdict(
        "the promise is noise",
        f"dL(δ) = {b.linear:.2e} lies below its floor "
        f"{b.noise['linear']:.1e}: nothing can be said of the step.",
        {"linear": b.linear, "noise": b.noise["linear"]},
    )


def _small(b):
    second, rest = b.share(b.second), b.share(b.actual - b.linear - b.second)
    if max(abs(second), abs(second + rest)) >= HOLDS:
        return None
    return Verdict(
        "the linearization holds",
        f"second order is {_percent(second)} of the promise "
        f"and all beyond it {_percent(rest) if _told(b) else 'below rounding'}.",
        {"second": second, "beyond": rest},
    )


def _told(b):
    """Whether what lies beyond second order is more than rounding."""
    return abs(b.remainder + np.nan_to_num(b.third)) > b.noise["remainder"]


def _not_second(b):
    second, rest = b.share(b.second), b.share(b.actual - b.linear - b.second)
    kinks = b.kinks
    if kinks is not None and abs(b.share(kinks.value)) >= max(HOLDS, abs(second)):
        share = b.share(kinks.value)
        return Verdict(
            "kinks",
            f"{kinks.changed} of {kinks.pairs} pairs of unit and sample change "
            f"sign, which adds {_percent(share)} of the promise; second order adds "
            f"{_percent(second)}.",
            {"kinks": share, "second": second},
        )
    if abs(second) >= HOLDS:
        return None
    return Verdict(
        "higher orders",
        f"second order is {_percent(second)} of the promise, what lies beyond it {_percent(rest)}.",
        {"second": second, "beyond": rest},
    )


def _modes(b):
    modes, F = b.split("eigen"), b.taken.dimension
    theta, mean = modes.curvatures[modes.top], modes.mean_curvature
    numbers = {
        "top_share": modes.top_share,
        "curvature": theta,
        "mean_curvature": mean,
        "isotropy": modes.isotropy,
        "participation": modes.participation,
    }
    if F > 1 and modes.isotropy >= ISOTROPIC:
        return Verdict(
            "all directions bend alike",
            f"their mean curvature tr H/F is {mean:.3g}, "
            f"the step's {_curvature(b):.3g}; (tr H)²/(F tr H²) = {modes.isotropy:.2g} "
            "of at most 1. No pair and no mode is special.",
            numbers,
        )
    if modes.top_share < SINGLE:
        return None
    return Verdict(
        "a single mode",
        f"one eigendirection of curvature {theta:.3g} carries "
        f"{_percent(modes.top_share, sign=False)} of the second order; the mean "
        f"curvature of all F = {F} is {mean:.2g}. No choice of coordinates changes "
        "this."
        + (
            " What lies beyond second order is larger than it."
            if abs(b.actual - b.linear - b.second) > abs(b.second)
            else ""
        ),
        numbers,
    )


def _pairs(b):
    taken, parts, modes = b.taken, b.split("parameters"), b.split("eigen")
    trace, trace2 = modes.moments
    image = taken.bending.matvec(taken.x)
    spread = np.hypot(
        rotation_spread(taken.dimension, taken.norm2, 2 * b.second, trace, trace2, image @ image),
        parts.error["second_self"],
    )
    low, high = parts.flips.band("second")
    more = np.sign(parts.second_pairs) * (parts.rotations.second_self - parts.second_self)
    beyond = more >= max(SPREADS * spread, BEYOND * abs(b.second)) and not low <= b.second <= high
    shares = {
        name: b.share(value)
        for name, value in (
            ("pairs", parts.second_pairs),
            ("self", parts.second_self),
            ("chance_pairs", parts.rotations.second_pairs),
            ("spread", spread),
            ("flips_low", low),
            ("flips_high", high),
        )
    }
    reason = (
        f"pairs of parameters bring {_percent(shares['pairs'])} of the promise; by chance, in "
        f"a random basis, {_percent(shares['chance_pairs'])} (± "
        f"{_percent(spread / abs(b.linear), sign=False)}). With random signs second order "
        f"is {_percent(shares['flips_low'])} to {_percent(shares['flips_high'])}, here "
        f"{_percent(b.share(b.second))}; the top eigendirection carries "
        f"{_percent(modes.top_share, sign=False)} of it."
    )
    return Verdict(
        "interference beyond chance" if beyond else "depends on the basis",
        reason,
        {**shares, "top_share": modes.top_share},
    )


def _curvature(b):
    return 2 * b.second / b.taken.norm2


def _percent(share, sign=True):
    return f"{100 * share:{'+' if sign else ''}.3g} %" if abs(share) > 1e-12 else "0 %"
