"""Powers of a covector in the nudge where no series of the states is known: from real nudges.

The polynomial through ∂F/∂W at nudges of both signs. Its first coefficient is dL, which implicit
differentiation gives too, and it has to hold at a nudge that it does not go through: how far it is
off says how good a span of nudges is, and the best of some spans is taken. A wide one leaves late
powers over, a narrow one the states' last digits, and late powers want the widest of those that are
alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial.polynomial import polyfit

from .._errors import FlownetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._types import Vector

_MORE = 4  # powers that are fitted beside those that are asked for
_SPANS = 0.5 ** np.arange(1.0, 15.0)  # largest nudges that are tried
_ASIDE = 0.3  # of a span: a nudge at which the polynomial is looked at
_BETTER = 4  # times as near to dL comes a span that is worth to be narrower than the one before
_CLOSE = {8: 1e-4, 4: 1e-2}  # by bytes of a real number: how near to dL g_1 has to come, of ‖dL‖


def fitted_jet(change: Callable[[float], Vector], dL: Vector, order: int, what: Any) -> Vector:
    """Coefficients (order, D) of ∂F/∂W in the nudge, from β on.

    Parameters
    ----------
    change : callable
        β ↦ ∂F/∂W (D,) at the nudge β, less that of the free state.
    dL : array (D,)
        The covector itself.
    order : int
    what : object
        Whose covector it is, for an error's line.

    Raises
    ------
    FlownetError
        Where it is no power series in the nudge, as far as nudges show.
    """
    best, found, size = np.inf, None, float(np.linalg.norm(dL))
    for span in _SPANS:
        with np.errstate(all="ignore"):  # of states that a wide span drives off
            g = _through(change, order, span)
            aside = change(_ASIDE * span) - (_ASIDE * span) ** np.arange(1.0, len(g) + 1) @ g
            off = (np.linalg.norm(g[0] - dL), np.linalg.norm(aside) / span)
        apart = float(max(off))
        if found is not None and not apart * _BETTER < best:
            break
        if np.isfinite(apart):
            best, found = apart, g[:order]
    if found is None or not best <= _CLOSE[dL.real.dtype.itemsize] * size:
        raise FlownetError(
            f"the covector of {what!r} is no power series in the nudge: powers come no nearer to "
            f"it than {best / size if size else best:.1e} of dL; states jump, have kinks or do not "
            "arrive (look at .meters), and the bias is known as a whole alone."
        )
    return found


def _through(change, order, span):
    """Coefficients of the polynomial through Chebyshev's nodes of a span; it has no constant."""
    n = 2 * ((order + _MORE + 1) // 2)
    nodes = np.cos((2 * np.arange(n) + 1) * np.pi / (2 * n))
    values, powers = np.array([change(float(span * b)) for b in nodes]), np.arange(1, n + 1)
    return polyfit(nodes, values, powers)[1:] / float(span) ** powers[:, None]
