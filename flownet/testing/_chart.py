"""`check_chart`: a chart's series, its pullback and its inverse belong to one map W(u)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import shown
from ..model.chart import AnyChart, Chart
from ._expect import check, expect, falls, made_again, near, numbers, one_line, pair, same_bits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_SIZE = 4  # of the coordinates of a chart that takes any number


@check
def check_chart(chart: AnyChart, u: ArrayLike | None = None) -> None:
    """Check that a chart keeps its contract, `flownet.model.chart.AnyChart`.

    The remainders of W(u + sv) beyond its series fall like the powers of s; pushforward and
    pullback, lift and drop are each other's adjoints; the pullback's series is that of the
    pullback; `to_u` undoes `to_W`, and `lift` the pushforward.

    Parameters
    ----------
    chart : chart
        One of the library's, a `flownet.Chart` of functions, or a class of your own.
    u : array (D_u,), optional
        Where.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    expect(isinstance(chart, AnyChart), f"{shown(chart)} is no chart: it derives from no AnyChart")
    one_line(chart)
    u = 0.5 + numbers(20, chart.size or _SIZE) / 3 if u is None else np.asarray(u, np.float64)
    expect(
        chart.size in (None, u.size),
        f"{shown(chart)}: u has {u.size} numbers, the chart {chart.size} coordinates",
    )
    W = chart.to_W(u)
    D = chart.size_W or u.size
    expect(W.shape == (D,), f"{shown(chart)}: to_W gives {W.shape}, and ({D},) is expected")
    expect(
        chart.dtype_of_W(u.dtype) == W.dtype,
        f"{shown(chart)}: to_W gives {W.dtype}, dtype_of_W says {chart.dtype_of_W(u.dtype)}",
    )
    same_bits(f"{shown(chart)}: to_W", W, chart.to_W(u))
    _adjoint(chart, u, W)
    _series(chart, u, W)
    _inverses(chart, u, W)
    if chart.kind is not None and chart.parameters():
        same_bits(f"{shown(chart)}: made again of parameters()", made_again(chart).to_W(u), W)


def _highest(chart):
    """Order up to which a chart has derivatives: one of functions may lack them."""
    if not isinstance(chart, Chart):
        return 3
    return 1 + chart.has("second", "second_pullback") + chart.has("third", "third_pullback")


def _series(chart, u, W):
    v, dL, name = numbers(21, u.size), numbers(22, W.size, W.dtype), shown(chart)
    floor = np.finfo(float).eps * max(float(np.abs(W).max()), 1e-3)
    for order in range(1, _highest(chart) + 1):
        rows = chart.series(u, v, order)
        expect(
            rows.shape == (order + 1, W.size),
            f"{name}: series of order {order} is {rows.shape}, not {(order + 1, W.size)}",
        )

        def rest(s, rows=rows):
            partial_sum = sum(row * s**k for k, row in enumerate(rows))
            return np.abs(chart.to_W(u + s * v) - partial_sum).max()

        falls(f"{name}: W(u + sv) beyond its series of order {order}", rest, order + 1, floor)
    for order in range(_highest(chart)):
        rows = chart.pullback_series(u, v, dL, order)

        def rest(s, rows=rows):
            partial_sum = sum(row * s**k for k, row in enumerate(rows))
            return np.abs(chart.pullback(u + s * v, dL) - partial_sum).max()

        falls(f"{name}: the pullback beyond its series of order {order}", rest, order + 1, floor)


def _adjoint(chart, u, W):
    v, dL, name, eps = numbers(23, u.size), numbers(24, W.size, W.dtype), shown(chart), 1e-15
    one, other = pair(dL, chart.pushforward(u, v)), pair(chart.pullback(u, dL), v)
    size = float(np.abs(dL) @ np.abs(chart.pushforward(u, v)))
    near(f"{name}: ⟨dL, W′v⟩ and ⟨W′ᵀdL, v⟩", one, other, eps, size)


def _inverses(chart, u, W):
    name, eps = shown(chart), np.finfo(float).eps
    if chart.invertible:
        near(f"{name}: to_W(to_u(W)) and W", chart.to_W(chart.to_u(W)), W, eps)
    has_lift = chart.onto and (not isinstance(chart, Chart) or chart.has("lift", "drop"))
    if not has_lift:
        return
    V, p = numbers(25, W.size, W.dtype), numbers(26, u.size)
    lifted = chart.lift(u, V)
    near(f"{name}: the pushforward of lift(V) and V", chart.pushforward(u, lifted), V, eps)
    one, other = pair(p, lifted), pair(chart.drop(u, p), V)
    near(
        f"{name}: ⟨p, lift(V)⟩ and ⟨drop(p), V⟩", one, other, eps, float(np.abs(p) @ np.abs(lifted))
    )
