"""Norms of single parameters: all of them move alike, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model._check import is_whole
from ._balls import Cube, Diamond
from ._norm import Block, Norm

if TYPE_CHECKING:
    from ..._types import Count


class OfParameters(Norm):
    """A norm of all D parameters as one block."""

    def __init__(self, size: Count, ball: Any) -> None:
        if not is_whole(size, 1, 2**48):
            raise FlownetError(f"size is {shown(size)}; it has to be a whole number above 0.")
        super().__init__(int(size), [Block(ball, slice(0, int(size)), (int(size),), 1.0)])

    def parameters(self) -> dict[str, Any]:
        """What makes this norm again."""
        return {"size": self.size}

    def __repr__(self):
        return f"{type(self).__name__}({self.size})"


@kind("metric", "sign")
class SignNorm(OfParameters):
    """The norm max|W_i| (ℓ∞), in which steepest descent is sign descent: V = ‖dL‖₁·sign(dL).

    Its dual is Σ|∂_iL|. `Aristotle` takes −step·‖dL‖₁·sign(dL), and `Normalized`, the signSGD of
    the field, −step·sign(dL). It stands where a metric stands, `train(metric=SignNorm(D))`; see
    `Norm`. A complex component has its phase for a sign, dL/|dL|.

    Parameters
    ----------
    size : int
        D.

    Raises
    ------
    FlownetError
        For a size that is no whole number above 0.

    Examples
    --------
    >>> import flownet as fn
    >>> norm = fn.SignNorm(3)
    >>> dL = [3.0, -1.0, 0.0]
    >>> print(norm.dual(dL), norm.steepest(dL), norm.sharp(dL))
    4.0 [ 1. -1.  0.] [ 4. -4.  0.]
    """

    def __init__(self, size: Count) -> None:
        super().__init__(size, Cube())


@kind("metric", "coordinate")
class CoordinateNorm(OfParameters):
    """The norm Σ|W_i| (ℓ1), in which one parameter moves, that of the largest |∂_iL|.

    Its dual is max|∂_iL|: steepest coordinate descent, the Gauss–Southwell rule. Of two alike the
    first moves. It stands where a metric stands; see `Norm`.

    Parameters
    ----------
    size : int
        D.

    Raises
    ------
    FlownetError
        For a size that is no whole number above 0.
    """

    def __init__(self, size: Count) -> None:
        super().__init__(size, Diamond())
