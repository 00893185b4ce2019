"""Whether the functions of a chart of one's own agree with each other."""

import numpy as np

from ... import _random
from ..._errors import FlownetError

ORDERS = ("to_W", "pushforward", "second", "third")  # derivatives of W along a line, by order
_ADJOINTS = ("", "pullback", "second_pullback", "third_pullback")
_STEP = 1e-4  # of the coordinates' size, for central differences: they err by its square
_DIFFERENCES = 1e-5  # how far a derivative may be from them
_IDENTITY = 1e-9  # how far two sides of an identity may be apart
_ROUNDING = 1e-3  # of a function: what its differences resolve of a derivative


def agree(chart, call, u):
    """Compare what was given, through `call(name, *arguments)`, at u (D_u,)."""
    v, q = _numbers(u.size, 0), _numbers(u.size, 1)
    V, p = _numbers(chart.size_W, 2), _numbers(chart.size_W, 3)
    if call("to_W", u).dtype.kind == "c":
        V, p = V + 1j * V[::-1], p - 1j * p[::-1]
    for k in (1, 2, 3):
        along, back = ORDERS[k], _ADJOINTS[k]
        if chart.has(along, ORDERS[k - 1]):
            _is_derivative(chart, call, along, ORDERS[k - 1], u, v, k > 1)
        if k > 1 and chart.has(back, _ADJOINTS[k - 1]):
            _is_derivative(chart, call, back, _ADJOINTS[k - 1], u, v, k > 2, p)
        if chart.has(along, back):
            _is_adjoint(
                chart, back, along, (call(back, u, *[v][: k - 1], p), v), (p, call(along, u, v))
            )
    if chart.has("to_u"):
        W = call("to_W", u)
        _same(chart, "to_u", "the inverse of to_W", call("to_W", call("to_u", W)), W, _IDENTITY)
    if chart.has("lift"):
        lifted = call("lift", u, V)
        _same(
            chart,
            "lift",
            "a right inverse of pushforward",
            call("pushforward", u, lifted),
            V,
            _IDENTITY,
        )
        if chart.has("drop"):
            _is_adjoint(chart, "drop", "lift", (call("drop", u, q), V), (q, lifted))


def _is_derivative(chart, call, name, below, u, v, takes_v, *covector):
    """A derivative along v against central differences of the one below."""
    h = _STEP * max(1.0, float(np.abs(u).max()))
    where = [v] * takes_v + list(covector)
    after, before = (call(below, u + s * v, *where) for s in (h, -h))
    _same(
        chart,
        name,
        f"the derivative of {below}",
        call(name, u, v, *covector),
        (after - before) / (2 * h),
        _DIFFERENCES,
        _ROUNDING * float(np.abs(after).max()),
    )


def _is_adjoint(chart, name, of, one, other):
    """⟨a, b⟩ of one pair against that of the other, relative to the lengths."""
    scale = np.linalg.norm(one[0]) * np.linalg.norm(one[1])
    _same(chart, name, f"the adjoint of {of}", _pair(*one), _pair(*other), _IDENTITY, scale)


def _same(chart, name, what, found, wanted, rtol, scale=0.0):
    error = float(np.abs(np.asarray(found) - wanted).max())
    scale = float(max(scale, np.abs(found).max(), np.abs(wanted).max()))
    if not error <= rtol * scale:
        raise FlownetError(
            f"{name} of {chart.name} is not {what}: they differ by {error:.2g} "
            f"where {scale:.2g} is the size."
        )


def _pair(covector, V):
    """Re⟨conj(covector), V⟩."""
    return float(np.vdot(covector, V).real)


def _numbers(size, draw):
    """Numbers from −1 to 1 (size,), always the same."""
    return 2 * _random.uniform(0, _random.stream_key("probes", draw), size) - 1
