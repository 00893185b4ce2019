"""Norms that are no metric (Finsler): what a step may cost where no inner product says it."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

import numpy as np

from ..._errors import FlownetError
from ..._registry import among
from ..metric import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._types import Vector

Combine = Literal["max", "sum", "squares"]
COMBINE = get_args(Combine)

#: a block of parameters: its unit ball, where it lies in W (a slice or indices), its shape there,
#: and how far a unit step may move it
Block = namedtuple("Block", "ball where shape radius")


class Norm(Metric):
    """A norm ‖·‖ of parameter space where a metric stands: `metric=flownet.SpectralNorm(network)`.

    A step asks a metric one thing: to make a vector of a covector. A norm does that too. Steepest
    descent goes along −V with V = ‖dL‖_*·argmax_{‖v‖≤1} ⟨dL, v⟩, so that ‖V‖ = ‖dL‖_*, the dual
    norm, and a step h promises −h‖dL‖_*². It is `sharp(dL)`, the derivative of ½‖·‖_*² as g^♯dL is
    of ½dL(g^♯dL), but not linear in dL. This is why `train`, `breakdown` and `path_length` take a
    norm as their `metric`, and what asks for a root, a spectrum or a flow refuses it.

    The norm is one of blocks of parameters, ‖v_b‖_b/r_b with a radius r_b, combined by their
    maximum, their sum, or the root of their sum of squares. A block of radius 0 is frozen. What no
    block has is left `aside`: it has no length and stays, unless mechanics move it by others
    (`Normalized(elsewhere=…)`).

    Attributes
    ----------
    size : int
    combine : str
    """

    linear = False

    def __init__(self, size: int, blocks: Sequence[Block], combine: Combine = "max") -> None:
        self.size, self.combine = size, among("combine", combine, COMBINE)
        self._aside = np.ones(size, bool)
        for block in blocks:
            self._aside[block.where] = False
        self.blocks = [block for block in blocks if block.radius > 0]

    @property
    def aside(self) -> Vector:
        """Mask (D,) of what it says nothing of, and leaves to other mechanics."""
        return self._aside.copy()

    @property
    def free(self) -> Vector:
        """Mask (D,) of the components that may move."""
        free = np.zeros(self.size, bool)
        for block in self.blocks:
            free[block.where] = True
        return free

    def length(self, V: Vector) -> float:
        """‖V‖ of a displacement (D,); infinite if a frozen component moves."""
        V = self._vector("V", V)
        if V[~(self.free | self._aside)].any():
            return np.inf
        return self._combined([b.ball.length(p) / b.radius for b, p in self._parts(V)])

    def dual(self, dL: Vector) -> float:
        """‖dL‖_* of a covector (D,), the most that a unit step along it gains."""
        return self._ascent(dL)[0]

    def steepest(self, dL: Vector) -> Vector:
        """argmax_{‖v‖≤1} ⟨dL, v⟩ (D,); 0 of 0."""
        return self._ascent(dL)[1]

    def sharp(self, dL: Vector) -> Vector:
        """V = ‖dL‖_*·argmax_{‖v‖≤1} ⟨dL, v⟩ (D,), the direction of steepest ascent."""
        size, v = self._ascent(dL)
        return v * v.real.dtype.type(size)

    def flat(self, V: Vector) -> Vector:
        """A covector p (D,) with ‖p‖_* = ‖V‖ and ⟨p, V⟩ = ‖V‖²: a subgradient of ½‖V‖²."""
        V = self._vector("V", V)
        out, parts = np.zeros_like(V), list(self._parts(V))
        sizes = [b.ball.length(p) / b.radius for b, p in parts]
        whole = self._combined(sizes)
        for i, (block, part) in enumerate(parts):
            share = {"max": float(i == np.argmax(sizes)), "sum": 1.0}.get(self.combine)
            if share is None:
                share = sizes[i] / whole if whole else 0.0
            if share:
                p = block.ball.norming(part) * V.real.dtype.type(share * whole / block.radius)
                out[block.where] = p.ravel()
        return out

    def norm2(self, V: Vector) -> float:
        """‖V‖² of a displacement (D,); infinite if a frozen component moves."""
        return self.length(V) ** 2

    @property
    def exact(self) -> Norm:
        """The norm whose steepest way is not approximated: itself, as a rule."""
        return self

    @property
    def reach2(self) -> float:
        """The largest Σ|v_i|² of ‖v‖ ≤ 1: the sharpness in the norm is at most so many λ_max."""
        found = [b.radius**2 * b.ball.reach2(b.shape) for b in self.blocks]
        return float(sum(found) if self.combine == "max" else max(found, default=0.0))

    def coordinates(self, V: Vector) -> NoReturn:
        """Refused: a norm has no root."""
        raise FlownetError(
            f"{self!r} is a norm and no metric: it has no root, and so no orthonormal coordinates, "
            "which this asks for; pass a metric beside it, such as metric=flownet.Euclidean(size)."
        )

    displacement = coordinates  # type: ignore[assignment]

    def _parts(self, V):
        """Each block with its part of a vector (D,)."""
        for block in self.blocks:
            yield block, V[block.where].reshape(block.shape)

    def _combined(self, sizes):
        if not sizes:
            return 0.0
        if self.combine == "squares":
            return float(np.linalg.norm(sizes))
        return float(max(sizes) if self.combine == "max" else sum(sizes))

    def _ascent(self, dL) -> tuple[float, Any]:
        """‖dL‖_*, and the v of the unit ball where ⟨dL, v⟩ reaches it."""
        dL = self._vector("dL", dL)
        out, real = np.zeros_like(dL), dL.real.dtype.type
        found = [(b, *b.ball.ascent(p)) for b, p in self._parts(dL)]
        duals = [b.radius * dual for b, dual, _ in found]
        if not duals:
            return 0.0, out
        if self.combine == "sum":  # one block moves, the first of the largest
            block, _, v = found[int(np.argmax(duals))]
            out[block.where] = real(block.radius) * v.ravel()
            return float(max(duals)), out
        whole = float(sum(duals) if self.combine == "max" else np.linalg.norm(duals))
        for (block, _, v), dual in zip(found, duals):
            share = block.radius
            if self.combine == "squares":
                share *= dual / whole if whole else 0.0
            out[block.where] = (v if share == 1 else real(share) * v).ravel()
        return whole, out
