"""A potential of one's own, from functions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import among
from .. import _check
from ._bends import METHODS, Bends
from ._contract import AnyPotential
from ._functions import Functions, name_of, source_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, DTypeLike
    from scipy.sparse.linalg import LinearOperator

    from ..._types import Count, Function, Positive, Vector

_KNOWN_ORDER = 3  # of jets that differences make


class CustomPotential(AnyPotential):
    """A potential of one's own: a function that gives L and dL, and what else is known of it.

    Functions are plain Python, or compiled by `numba.njit`: a compiled differential runs within
    the compiled loops of `train` and `flow`. What is not given is made of the differential. The
    value is its L. H·V and T[V,V] are the first and second derivative of dL along V, by central
    differences at steps that halve, extrapolated to step zero until rounding stops them
    (Richardson; Ridders, Adv. Eng. Software 4 (1982) 75), usually to 11 and to 8 digits in
    float64, and the jet follows up to order 3. The tableau of the differences measures the error
    of each, which joins the noise floors of a breakdown, see `jet_error`.

    Parameters
    ----------
    size : int
        D, the number of parameters.
    differential : function W (D,) → (L, dL)
        The loss, a real number, and its covector (D,). Or a function of two arguments, (W, dL) →
        L, that writes all of dL: compiled it allocates nothing, which pays where D is small.
        Of complex W dL = ∂L/∂x + i∂L/∂y.
    value : function W → L, optional
        Where it costs less than the differential.
    hessian_action : function (W, V) → H·V (D,), optional
    third_action : function (W, V) → T[V,V] (D,), optional
    jet : function (W, V, order) → c (order+1,), optional
        Taylor coefficients of s ↦ L(W + sV), of any order.
    name : str, optional
        In figures, tables and messages; by default that of the function.
    method : str
        How H·V is made where it is not given: "differences", or "complex-step", Im dL(W + iεV)/ε,
        exact to rounding where dL is analytic and its function takes complex W; it is compared
        with differences once.
    length : float
        Over which L bends: differences begin at a quarter of it and go down by 2¹⁵.
    dtype : str, optional
        Precision of the parameters: by default that of those it is given, float64 or float32.
        One of complex parameters says "complex128" or "complex64".

    Raises
    ------
    FlownetError
        Unless `size` is a whole number from 1 up and what is given are functions; and, where they
        are called, for what is not of the shapes above.

    Examples
    --------
    >>> import numpy as np
    >>> import flownet as fn
    >>> def rosenbrock(W):
    ...     x, y = W
    ...     valley = y - x**2
    ...     return (1 - x)**2 + 100*valley**2, np.array([-2*(1 - x) - 400*x*valley, 200*valley])
    >>> p = fn.CustomPotential(2, rosenbrock)
    >>> np.round(p.hessian_action(np.array([1.0, 1.0]), np.array([1.0, 0.0])), 6)
    array([ 802., -400.])
    """

    of_user = by_units = True

    def __init__(
        self,
        size: Count,
        differential: Callable[..., Any],
        *,
        value: Callable[[Any], float] | None = None,
        hessian_action: Function | None = None,
        third_action: Function | None = None,
        jet: Function | None = None,
        name: str | None = None,
        method: Literal["differences", "complex-step"] = "differences",
        length: Positive = 1.0,
        dtype: DTypeLike | None = None,
    ) -> None:
        if isinstance(size, bool) or not (isinstance(size, (int, np.integer)) and size >= 1):
            raise FlownetError(f"size is {shown(size)}; it has to be a whole number above 0.")
        if not (name is None or (isinstance(name, str) and name.strip() and "\n" not in name)):
            raise FlownetError(f"name is {shown(name)}; it has to be a text of one line.")
        among("method", method, METHODS)
        self.size, self._name = int(size), name or name_of(differential)
        self.dtype = None if dtype is None else _check.network_dtype(dtype)
        if method == "complex-step" and self._is_complex:
            raise FlownetError("a complex step is one of real parameters; leave method out.")
        self._functions = Functions(
            self._name,
            differential=differential,
            value=value,
            hessian_action=hessian_action,
            third_action=third_action,
            jet=jet,
        )
        self._bends = Bends(self._functions, method, _check.positive("length", length))
        self._machine: dict[np.dtype, Any] = {}  # what kernels call, by precision

    @property
    def name(self) -> str:
        """What figures, tables and messages call it."""
        return self._name

    @property
    def jet_order(self) -> float:  # type: ignore[override]
        """The highest order of its jets: infinite where a function gives them."""
        return np.inf if self._functions.has("jet") else _KNOWN_ORDER

    def value(self, W: ArrayLike) -> float:
        """L(W), a float."""
        W = self._point("W", W)
        if not self._functions.has("value"):
            return self._functions.loss("differential", self._called(W)[0])
        return self._functions.loss("value", self._functions.given["value"](W.copy()))

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the covector dL (D,)."""
        W = self._point("W", W)
        loss, dL = self._called(W)
        return (
            self._functions.loss("differential", loss),
            self._functions.vector("differential", dL, W),
        )

    def pushforward(self, W: ArrayLike, V: ArrayLike) -> float:
        """Pushforward (JVP) dL(V), the change of L to first order along V (D,): a float."""
        return _pair(self.differential(W)[1], self._point("V", V))

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV); up to order 3 unless given."""
        return self._series(W, V, order)[0]

    def jet_error(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """By how much differences may put each coefficient of `jet` (order+1,) off: measured."""
        return self._series(W, V, order)[1]

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as a `scipy.sparse.linalg.LinearOperator`; of complex W one on its reals."""
        from ..hessian import CustomHessian  # scipy's operators take a tenth of a second

        W = self._point("W", W).copy()
        return CustomHessian(
            lambda V, order: self._bends.along(W, V.astype(W.dtype), (order,))[0],
            lambda: self.differential(W),
            W,
        )

    def with_dtype(self, dtype: DTypeLike) -> CustomPotential:
        """The same potential for parameters of another precision."""
        seen = copy.copy(self)
        seen.dtype = _check.network_dtype(dtype)
        if seen._is_complex != self._is_complex:
            raise FlownetError(
                f"{self.name} is one of {'complex' if self._is_complex else 'real'} numbers, not "
                f"of {seen.dtype.name}."
            )
        return seen

    def programs(self) -> list[dict[str, Any]]:
        """What a file keeps of it: name, size, and the SHA-256 of what its functions say."""
        source = source_hash(self._functions.given)
        return [{"name": self.name, "size": self.size, "source": source}]

    # ---- what the compiled loops ask ----

    @property
    def is_compiled(self) -> bool:
        """Whether its differential is machine code, that kernels call."""
        function = self._functions.given["differential"]
        return not self._is_complex and bool(self.kernels.is_machine_code(function))

    numbers = (0.0, 0.0)

    def compiled(self, dtype: DTypeLike) -> Any:
        """The differential as kernels call it, for parameters of a precision."""
        dtype = np.dtype(dtype)
        if dtype not in self._machine:
            self._machine[dtype] = self.kernels.own_function(
                self._functions.given["differential"], dtype, self._functions.in_place
            )
        return self._machine[dtype]

    def raise_again(self, W: Vector) -> None:
        """Raise what the compiled differential raised at W (D,) within a loop."""
        self.differential(W)
        raise FlownetError(
            f"{self.name}: its compiled differential raised an error at W = {shown(W)}, and does "
            "not when called again."
        )

    # ---- what the above share ----

    def _called(self, W):
        """What the differential gives at W (D,)."""
        if self.is_compiled:
            self.compiled(W.dtype)  # one line where that cannot be
        return self._functions.differential(W, in_loops=self.is_compiled)

    def _series(self, W, V, order):
        """Coefficients of the jet and their errors, (order+1,) each."""
        W, V, order = self._point("W", W), self._point("V", V), _check.order(order)
        errors = np.zeros(order + 1)
        if self._functions.has("jet"):
            return self._functions.jet(W, V, order), errors
        if order > _KNOWN_ORDER:
            raise FlownetError(
                f"order is {order}; the jet of {self.name}, made of its differential, is known up "
                f"to order {_KNOWN_ORDER}: give jet=."
            )
        loss, dL = self.differential(W)
        c = np.array([loss, _pair(dL, V), 0.0, 0.0])[: order + 1]
        if order > 1:
            orders = range(2, order + 1)
            bends = self._bends.along(W, V, orders, lambda covector: _paired(covector, V))
            for k, (bend, factorial) in enumerate(zip(bends, (2, 6)), 2):
                c[k], errors[k] = bend.value[0] / factorial, bend.error / factorial
        return c, errors

    @property
    def _is_complex(self):
        return self.dtype is not None and self.dtype.kind == "c"

    def _point(self, name, value):
        value = _check.array(name, value)
        if value.dtype.kind == "c" and not self._is_complex:
            raise FlownetError(
                f"{name} is complex, and {self.name} is a potential of real numbers; one of "
                'complex numbers says dtype="complex128".'
            )
        dtype = self.dtype or (value.dtype if value.dtype == np.float32 else np.float64)
        return _check.vector(name, value, self.size, dtype)

    def __getstate__(self):
        return {**vars(self), "_machine": {}}  # addresses are those of this process

    def __repr__(self):
        return f"{self.name} ({self.size} parameter{'s' * (self.size > 1)})"


def _pair(covector, V):
    """Re⟨conj(covector), V⟩, a float."""
    return float(np.vdot(covector, V).real)


def _paired(covector, V):
    """The same as an array (1,) of double precision."""
    return np.array([_pair(covector, V)])
