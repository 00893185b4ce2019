"""The one table of tolerances, a row for each kind of comparison and a column for each dtype."""

import numpy as np

TABLE = {
    "ulp": {"float64": 2.1, "float32": 2.1},  # an elementary function, in units of its last place
    "rounding": {"float64": 1e-14, "float32": 4e-6},  # a handful of operations
    "reference": {"float64": 1e-12, "float32": 1e-5},  # a network, against another program
    "solver": {"float64": 1e-9},  # against scipy's integrator at its tightest
    "order": {"float64": 0.1},  # a slope in log-log axes, against a whole number
}


def tolerance(kind, dtype="float64"):
    """Number of the table."""
    return TABLE[kind][np.dtype(dtype).name]


def roundoff(dtype):
    """u, half the distance from 1 to the next number: one operation errs by u relative."""
    return np.finfo(dtype).eps / 2


def close(found, expected, dtype="float64", kind="reference", scale=None):
    """Largest error within the tolerance times `scale`, by default the largest entry expected."""
    assert not (np.iscomplexobj(found) or np.iscomplexobj(expected))  # float64 would drop a half
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape
    scale = np.abs(expected).max() if scale is None else scale
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance(kind, dtype) * scale)


def has_order(errors, steps, order):
    """Errors fall like step^order: the slope of their logarithms."""
    slope = np.polyfit(np.log(steps), np.log(np.abs(errors)), 1)[0]
    assert abs(slope - order) < tolerance("order"), f"slope {slope:.3f} instead of {order}"
