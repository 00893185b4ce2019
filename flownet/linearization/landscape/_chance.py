"""How often a critical point would be a minimum by chance: independent signs, random matrices."""

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_whole

_EXACT = 12  # directions up to which the Pfaffian keeps five digits
_LAW, _NEXT = np.log(3) / 4, 0.3866  # of −log P beyond: n² by Dean & Majumdar, n from n = 13 … 16


def chance_of_minimum(n: int) -> tuple[float, float]:
    """Chance that n curvatures are all positive: of independent signs 2^−n, of a random matrix.

    The matrix is one of the Gaussian orthogonal ensemble, whose eigenvalues repel each other: ½,
    .146, .025, .0025, … for n = 1, 2, 3, 4, and about 3^(−n²/4) far on (Dean & Majumdar, Phys. Rev.
    Lett. 97 (2006) 160201). Up to n = 12 it is the Pfaffian of the moments on the half line (de
    Bruijn) over Mehta's integral; beyond it goes on by that law, with a term in n fitted to higher
    precision. Hessians of networks are neither.

    Parameters
    ----------
    n : int
        Directions that bend at all: D less the zero modes.

    Returns
    -------
    tuple of float

    Raises
    ------
    FlownetError
        Unless n is a whole number from 0 up.
    """
    if not is_whole(n, 0):
        raise FlownetError(f"n is {shown(n)}; it has to be a whole number from 0 up.")
    m = min(int(n), _EXACT)
    beyond = _LAW * (n**2 - m**2) + _NEXT * (n - m)
    return 0.5**n, float(np.exp(_log_all_positive(m) - beyond))


def _log_all_positive(n):
    """log n!·Pf(A)/Z of n eigenvalues, Z that of the whole line."""
    from scipy.special import beta, betainc, gamma, gammaln  # take a tenth of a second

    if n == 0:
        return 0.0
    i = np.arange(n)
    a, b = np.meshgrid((i + 1) / 2, (i + 1) / 2, indexing="ij")
    angle = beta(a, b) * betainc(a, b, 0.5) / 2  # ∫cosⁱ sinʲ from π/4 to π/2
    radius = 2.0 ** (a + b - 1) * gamma(a + b)  # ∫rⁱ⁺ʲ⁺¹e^(−r²/2)
    A = (angle - angle.T) * radius
    if n % 2:  # one eigenvalue stands alone
        alone = 2 ** ((i - 1) / 2) * gamma((i + 1) / 2)
        A = np.block([[A, alone[:, None]], [-alone, np.zeros((1, 1))]])
    scale = np.sqrt(np.abs(A).max(axis=1))
    pfaffian = np.linalg.slogdet(A / scale[:, None] / scale)[1] / 2 + np.log(scale).sum()
    j = np.arange(1, n + 1)
    whole = n / 2 * np.log(2 * np.pi) + np.sum(gammaln(1 + j / 2) - gammaln(1.5))
    return pfaffian + gammaln(n + 1) - whole
