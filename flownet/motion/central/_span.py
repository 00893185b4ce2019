"""An orthonormal basis of some directions that may not be independent."""

import numpy as np

_SAME = 1e-12  # of a direction: what others leave of it is rounding


def spanned(rows):
    """Orthonormal columns (D, n) that span the rows given, each of them taken as a unit vector."""
    sizes = np.linalg.norm(rows, axis=1)
    rows = rows[sizes > 0] / sizes[sizes > 0, None]
    U, s, _ = np.linalg.svd(rows.T, full_matrices=False)
    return U[:, s > _SAME * s.max(initial=0.0)]
