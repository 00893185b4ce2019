"""One look, before a run begins, at whether a user's potential and its differential agree."""

import numpy as np

from .. import _random
from .._errors import FlownetError, shown

_WIDTHS = (1e-3, 1e-5)  # of the displacements, in units of the parameters; in single precision √
_WRONG = 0.05  # of ‖dL‖·‖V‖: an estimate of a gradient may be off by less
_ROUNDING = 4 * float(np.finfo(np.float32).eps)  # of L: programs may work in single precision


def check_slope(potential, W):
    """Refuse a potential whose values do not change as its differential says, of a user's own.

    For each term that says of itself `of_user`, L(W + sV) − L(W) is compared with s·dL(V), along
    one V (D,) that moves every parameter, forward and backward, for two lengths s: dL(V) has to lie
    between the two slopes, or near. At a kink of L it does. Five values and one differential.

    Parameters
    ----------
    potential : potential
    W : array (D,)
        Where the run begins.

    Raises
    ------
    FlownetError
        Where both lengths say that it does not.
    """
    for _, term in potential.atoms():
        if term.of_user:
            _check(term, W, *_pair_of(term, W))


def _pair_of(term, W):
    """L, a real number, and dL (D,), as the contract of a potential has them."""
    pair = term.differential(W.copy())
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        raise FlownetError(
            f"the differential(W) of {shown(term)} gives {shown(pair)}; it has to be (L, dL)."
        )
    loss, dL = np.asarray(pair[0]), np.asarray(pair[1])
    if loss.size != 1 or loss.dtype.kind not in "biuf":
        raise FlownetError(
            f"the differential(W) of {shown(term)} gives {shown(pair[0])} for L; it has to be a "
            "real number."
        )
    if dL.shape != W.shape or dL.dtype.kind not in ("biufc" if W.dtype.kind == "c" else "biuf"):
        raise FlownetError(
            f"the differential(W) of {shown(term)} gives a dL of shape {dL.shape} of {dL.dtype}; "
            f"W has {W.shape} of {W.dtype}."
        )
    return float(loss.reshape(())), dL


@np.errstate(all="ignore")  # a run that diverges is a result
def _check(term, W, loss, dL):
    length = np.linalg.norm(dL)
    if not (np.isfinite(loss) and np.isfinite(length) and length > 0):
        return  # what else is wrong, the run says itself
    V = dL / length + _signs(W) / np.sqrt(len(W))
    slope, loss = float(np.vdot(dL, V).real), float(term.value(W.copy()))
    unit, root = np.abs(W).max() or 1.0, 1.0 if np.finfo(W.dtype).eps < 1e-10 else 0.5
    apart = []
    for width in _WIDTHS:
        s = unit * width**root
        ahead, behind = ((float(term.value(W + t * V)) - loss) / t for t in (s, -s))
        low, high = sorted((ahead, behind))
        slack = _WRONG * length * np.linalg.norm(V) + _ROUNDING * abs(loss) / s
        apart.append(max(low - slope, slope - high) > slack)
    if all(apart):
        raise FlownetError(
            f"the potential {term!r} and its differential do not agree: where the run begins, dL "
            f"says that L changes by {slope:.4g} a unit along a displacement, and its values by "
            f"{(ahead + behind) / 2:.4g}"
            + (", as if dL had the wrong sign" if slope * (ahead + behind) < 0 else "")
            + "; flownet.testing.check_potential looks closer."
        )


def _signs(W):
    """+1 or −1 for each parameter (D,), always the same; of complex ones also ±i."""
    draw = lambda n: np.where(  # noqa: E731
        _random.uniform(0, _random.stream_key("probes", n), len(W)) < 0.5, -1.0, 1.0
    )
    return (draw(7) + 1j * draw(8) if W.dtype.kind == "c" else draw(7)).astype(W.dtype)
