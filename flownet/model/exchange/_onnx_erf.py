"""The complement of the error function in double precision, for runtimes that have none.

    erfc(x) = t·exp(−x² + f(t)),    t = 2/(2 + x),    x ≥ 0

where f(t) = log(erfcx(x)/t) is smooth on 0 < t ≤ 1 and a Chebyshev series of 30 terms to rounding
(W. H. Press et al., Numerical Recipes, 3rd ed., §6.2.2), summed by Clenshaw's recurrence.
"""

import numpy as np

_DEGREE = 29


def coefficients():
    """Chebyshev coefficients of f in 2t − 1."""
    from scipy.special import erfcx

    def f(u):
        t = (u + 1) / 2
        return np.log(erfcx(2 / t - 2) / t)

    return np.polynomial.chebyshev.chebinterpolate(f, _DEGREE).tolist()


def lines_of_erfc(x, y):
    """Lines (output, operator, inputs) of y = erfc(x) for x ≥ 0."""
    c = coefficients()
    lines = [
        ("shifted", "Add", x, 2.0),
        ("inverse", "Reciprocal", "shifted"),
        ("t", "Mul", "inverse", 2.0),
        ("t4", "Mul", "t", 4.0),
        ("u2", "Sub", "t4", 2.0),  # 2(2t − 1)
    ]
    last, before = 0.0, 0.0  # b_{k+1} and b_{k+2} of b_k = c_k + 2u·b_{k+1} − b_{k+2}
    for k in range(_DEGREE, 0, -1):
        lines += [(f"p{k}", "Mul", "u2", last), (f"d{k}", "Sub", f"p{k}", before)]
        lines += [(f"b{k}", "Add", f"d{k}", c[k])]
        last, before = f"b{k}", last
    return [
        *lines,
        ("u", "Mul", "u2", 0.5),
        ("p0", "Mul", "u", last),
        ("d0", "Sub", "p0", before),
        ("f", "Add", "d0", c[0]),
        ("square", "Mul", x, x),
        ("exponent", "Sub", "f", "square"),
        ("power", "Exp", "exponent"),
        (y, "Mul", "t", "power"),
    ]


def lines_of_gelu():
    """Lines of y = zΦ(z) = max(z, 0) − ½|z|·erfc(|z|/√2): nothing cancels on either side."""
    return [
        ("size", "Abs", "z"),
        ("x", "Mul", "size", np.sqrt(0.5).item()),
        *lines_of_erfc("x", "tail"),
        ("half", "Mul", "size", 0.5),
        ("less", "Mul", "half", "tail"),
        ("above", "Max", "z", 0.0),
        ("y", "Sub", "above", "less"),
    ]
