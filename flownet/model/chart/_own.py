"""A chart of one's own: a few functions, checked against each other where they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown, shown_name
from .._check import is_whole
from ._chart import AnyChart
from ._check import ORDERS, agree

if TYPE_CHECKING:
    from ..._types import Function, Vector

_NEEDED = ("to_W", "pushforward", "pullback")


class Chart(AnyChart):
    """A chart given by functions, in float64; each derivative with its adjoint.

    At the first point it is used at they are compared: derivatives with differences, and each with
    its adjoint, ⟨W′v, p⟩ = ⟨v, W′ᵀp⟩. A flow wants the first three; a breakdown `second` and for
    third order `third`; curvature both with their pullbacks; a pulled-back metric `lift` and
    `drop`; a geodesic step `to_u` as well, or `second` and its pullback.

    Parameters
    ----------
    to_W : function u (D_u,) → W (D,)
    pushforward : function (u, v) → W′(u)v (D,)
    pullback : function (u, p) → W′(u)ᵀp (D_u,)
    size, size_W : int
        D_u and D, the same by default.
    second, third : function (u, v) → W″(v,v), W‴(v,v,v) (D,), optional
    second_pullback, third_pullback : function (u, v, p) → ⟨p, W″(v,·)⟩, ⟨p, W‴(v,v,·)⟩, optional
        (D_u,) each.
    to_u : function W (D,) → u (D_u,), optional
    lift : function (u, V) → v (D_u,) with W′v = V, optional
    drop : function (u, p) → (D,), optional
        Its adjoint, ⟨lift(V), p⟩ = ⟨V, drop(p)⟩.
    name : str
        For messages.

    Raises
    ------
    FlownetError
        For what is no function, and where the functions are first used if they disagree, with the
        name of the one that is wrong.

    Examples
    --------
    >>> import flownet as fn
    >>> import numpy as np
    >>> cubic = fn.Chart(lambda u: u + u**3, lambda u, v: (1 + 3 * u**2) * v,
    ...                  lambda u, p: (1 + 3 * u**2) * p, size=2)
    >>> loss, dL = fn.Charted(fn.Parabola(2), cubic).differential(np.ones(2))
    """

    def __init__(
        self,
        to_W: Function,
        pushforward: Function,
        pullback: Function,
        *,
        size: int,
        size_W: int | None = None,
        second: Function | None = None,
        third: Function | None = None,
        second_pullback: Function | None = None,
        third_pullback: Function | None = None,
        to_u: Function | None = None,
        lift: Function | None = None,
        drop: Function | None = None,
        name: str = "chart",
    ) -> None:
        self._given = {
            "to_W": to_W,
            "pushforward": pushforward,
            "pullback": pullback,
            "second": second,
            "second_pullback": second_pullback,
            "third": third,
            "third_pullback": third_pullback,
            "to_u": to_u,
            "lift": lift,
            "drop": drop,
        }
        for what, function in self._given.items():
            if not (callable(function) or (function is None and what not in _NEEDED)):
                raise FlownetError(f"{what} is {shown(function)}; it has to be a function.")
        size_W = size if size_W is None else size_W
        for what, number in (("size", size), ("size_W", size_W)):
            if not is_whole(number, 1):
                raise FlownetError(
                    f"{what} is {shown(number)}; it has to be a whole number above 0."
                )
        self.size, self.size_W, self.name = int(size), int(size_W), shown_name(name)
        self._checked = False

    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D_u)."""
        u = np.asarray(u)
        if u.ndim > 1:
            return np.array([self.to_W(row) for row in u])
        self._check(u)
        return self._call("to_W", u)

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates u (…, D_u) of parameters W (…, D)."""
        W = np.asarray(W)
        if W.ndim > 1:
            return np.array([self.to_u(row) for row in W])
        return self._call("to_u", W)

    def series(self, u: Vector, v: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv), up to order 3."""
        self._check(u)
        rows = [self._call("to_W", u)]
        for k in range(1, order + 1):
            rows.append(self._call(self._order(k, "series"), u, v) / (1, 1, 2, 6)[k])
        return np.array(rows)

    def pullback_series(self, u: Vector, v: Vector, dL: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D_u) of s ↦ W′(u + sv)ᵀdL, up to order 2."""
        self._check(u)
        rows = [self._call("pullback", u, dL)]
        for k in range(1, order + 1):
            name = self._order(k + 1, "pulled-back series") + "_pullback"
            rows.append(self._call(name, u, v, dL) / (1, 1, 2)[k])
        return np.array(rows)

    def lift(self, u: Vector, V: Vector) -> Vector:
        """A displacement v (D_u,) with W′v = V."""
        self._check(u)
        return self._call("lift", u, V)

    def drop(self, u: Vector, covector: Vector) -> Vector:
        """The adjoint of `lift` (D,)."""
        self._check(u)
        return self._call("drop", u, covector)

    @property
    def invertible(self) -> bool:  # type: ignore[override]
        """Whether `to_u` was given."""
        return self.has("to_u")

    def has(self, *names: str) -> bool:
        """Whether all these functions were given."""
        return all(self._given[name] is not None for name in names)

    def _order(self, k, what):
        if k > 3:
            raise FlownetError(
                f"the {what} of {self.name} is wanted up to derivatives of order "
                f"{k}; a chart of one's own has three."
            )
        return ORDERS[k]

    def _call(self, name, *where):
        if self._given[name] is None:
            raise FlownetError(f"{self.name} was given without {name}, which this asks for.")
        size = self.size if name in ("to_u", "lift") or "pullback" in name else self.size_W
        value = np.asarray(self._given[name](*where))
        if value.shape != (size,) or value.dtype.kind not in "fc":
            raise FlownetError(
                f"{name} of {self.name} gave {shown(value)}; it has to be ({size},) "
                "floating-point numbers."
            )
        return value

    def _check(self, u):
        """Compare the functions with each other, once."""
        if self._checked:
            return
        self._checked = True
        try:
            agree(self, self._call, np.asarray(u, np.float64))
        except FlownetError:
            self._checked = False
            raise

    def __repr__(self):
        return f"Chart {self.name!r} of {self.size} coordinates"
