"""Complex numbers compared by the one table of tolerances."""

import numpy as np
from tolerance import close as close_real


def close(found, expected, kind="reference", scale=None):
    """Of complex numbers the real and imaginary parts."""
    if np.iscomplexobj(found) or np.iscomplexobj(expected):
        found, expected = (
            np.ascontiguousarray(a, np.complex128).view(np.float64) for a in (found, expected)
        )
    close_real(found, expected, kind=kind, scale=scale)
