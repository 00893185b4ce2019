"""Second and third order of a user's potential: given, by complex steps, or by differences."""

import numpy as np

from ..._errors import FlownetError, shown
from .._differences import Estimate, derivatives, size_of

_FIRST = 0.25  # of the length: the first step of differences
_TINY = 1e-20  # a step along the imaginary axis, of which no square is left

#: how H·V is made where no function gives it
METHODS = ("differences", "complex-step")


class Bends:
    """H·V and T[V,V] of `Functions`, each by the best way that there is, with its error.

    H·V = d/dt dL(W + tV) and T[V,V] = d²/dt² dL(W + tV): by differences of dL, from the same
    steps; or H·V = Im dL(W + iεV)/ε, exact to rounding, and T[V,V] by differences of that.
    """

    def __init__(self, functions, method, length):
        self._functions, self._method, self._length = functions, method, length
        self._tried = False

    def along(self, W, V, orders, of=lambda covector: covector):
        """`Estimate` of H·V (order 2) and of T[V,V] (order 3): of what `of` makes of either.

        W and V (D,) are of one type.
        """
        length = float(np.linalg.norm(V))
        if not length:
            return [Estimate(of(np.zeros_like(W)), 0.0) for _ in orders]
        found = self._along_unit(W, V / W.real.dtype.type(length), orders, of)
        powers = [length ** (order - 1) for order in orders]
        return [
            Estimate(found[order].value * power, found[order].error * power)
            for order, power in zip(orders, powers)
        ]

    def _along_unit(self, W, U, orders, of):
        """The same along a unit displacement, by order."""
        found, h = {}, _FIRST * self._length
        if 3 in orders and self._functions.has("third_action"):
            found[3] = Estimate(of(self._functions.action("third_action", W, U)), 0.0)
        missing = [order for order in orders if order not in found]
        exact = self._exact(W, U) if missing else None
        if exact is not None:
            found[2] = Estimate(of(exact(W)), 0.0)
            if 3 in missing:
                (found[3],) = derivatives(
                    lambda t: of(exact(_moved(W, U, t))), found[2].value, h, 1, size_of(W)
                )
        elif missing:
            made = derivatives(
                lambda t: of(self._dL(_moved(W, U, t))),
                of(self._dL(W)),
                h,
                max(missing) - 1,
                size_of(W),
            )
            found = {**dict(zip((2, 3), made)), **found}
        return found

    def _exact(self, W, U):
        """A function W → H·U without differences, or None."""
        if self._functions.has("hessian_action"):
            return lambda at: self._functions.action("hessian_action", at, U)
        if self._method == "complex-step":
            self._try(W, U)
            return lambda at: self._complex_step(at, U)
        return None

    def _dL(self, W):
        return self._functions.vector("differential", self._functions.differential(W)[1], W)

    def _complex_step(self, W, U):
        """Im dL(W + iεU)/ε."""
        step = W.dtype.type(_TINY)
        try:
            _, dL = self._functions.differential(W + 1j * step * U)
        except Exception as error:  # whatever a user's function makes of complex numbers
            raise FlownetError(
                f"{self._functions.name}: its differential takes no complex W, {shown(error)}; "
                'method="differences" wants none.'
            ) from error
        return self._functions.vector("differential", np.imag(dL) / step, W)

    def _try(self, W, U):
        """Compare a complex step with differences, once: |W| and casts to reals spoil it."""
        if self._tried:
            return
        made = self._complex_step(W, U)
        (wanted,) = derivatives(
            lambda t: self._dL(_moved(W, U, t)), self._dL(W), _FIRST * self._length, 1, size_of(W)
        )
        off = np.abs(made - wanted.value).max()
        if off > 10 * wanted.error + 1e-6 * np.abs(wanted.value).max():
            raise FlownetError(
                f"{self._functions.name}: a complex step gives another H·V than differences, by "
                f"{off:.2g}: its differential is not analytic in W (an absolute value, a "
                'conjugate, a cast to real numbers); method="differences" works.'
            )
        self._tried = True


def _moved(W, U, t):
    return W + W.real.dtype.type(t) * U
