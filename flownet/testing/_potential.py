"""`check_potential`: derivatives, series and curvature of a potential agree with its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import shown
from ..model.network import in_reals
from ..model.potential import CustomPotential, OwnPotential, as_potential, in_double
from ._estimating import in_single, made_of_tables, of_averaged
from ._expect import (
    check,
    expect,
    falls,
    made_again,
    near,
    numbers,
    one_line,
    pair,
    refused,
    same_bits,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..model.potential import AnyPotential

_FEW = 5  # diagonal entries that are compared
_RESTLESS = 64  # roundings by which states at rest still change


@check
def check_potential(potential: AnyPotential, W: ArrayLike | None = None) -> None:
    """Check that a potential keeps its contract, `flownet.model.potential.AnyPotential`.

    `value` and `differential` agree and give the same bits twice, and leave W alone; the remainders
    of L(W + sV) beyond dL, beyond the jet, and of dL beyond the actions of H and T fall like the
    powers of s that Taylor's theorem says; H is symmetric; the rest of what it offers agrees with
    these. What it does not offer is not looked at. Only a class that derives from the contract has
    to refuse parameters of a wrong shape.

    Of one whose differential is an estimate, such as `Equilibrium`, this is asked of `exact`; the
    estimate has to be the differential of `averaged()`, where there is one.

    Parameters
    ----------
    potential : potential, or any object with size, value(W) and differential(W)
    W : array (D,), optional
        Where: a point where it is smooth. By default its initial parameters, or any.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    p = as_potential(potential)
    expect(
        isinstance(p.size, (int, np.integer)) and p.size > 0,
        f"{shown(p)}: size is {p.size!r}, and a whole number above 0 is expected",
    )
    one_line(p)
    W = _point(p, W)
    _values(p, W)
    if not isinstance(p, OwnPotential):
        _refusals(p)
        _algebra(p, W)
    p = in_double(p)
    W = W.astype(p.dtype or np.result_type(W, np.float64))
    place = _Place(p, W)
    place.slope()
    if p.estimates:
        of_averaged(p, W, place.V, place.floor)
    for name, look in (
        ("jet", place.jet),
        ("hessian", place.hessian),
        ("linearized_jet", place.linearized_jet),
        ("gauss_newton", place.gauss_newton),
    ):
        if p.offers(name):
            look()
    if p.offers("jet", "hessian"):
        place.orders()
    if p.offers("sample_losses"):
        near(f"{shown(p)}: the mean of sample_losses", p.sample_losses(W).mean(), p.value(W), 1e-15)


def _point(p, W):
    if W is None and p.network is None and p.data is None:
        return numbers(0, p.size, p.dtype or np.float64)
    if W is None:
        W = p.init(0)
        return (W + 0.1 * numbers(0, p.size, W.dtype)).astype(W.dtype)
    W = np.asarray(W)
    expect(W.shape == (p.size,), f"W has shape {W.shape}, and ({p.size},) is expected")
    return W.astype(p.dtype or np.result_type(W, np.float32))


def _values(p, W):
    """Kinds, shapes and bits of value and differential."""
    before, name = W.copy(), shown(p)
    loss, (again, dL) = p.value(W), p.differential(W)
    for what, value in (("value(W)", loss), ("the loss of differential(W)", again)):
        expect(
            np.ndim(value) == 0 and np.isrealobj(value) and np.isfinite(value),
            f"{name}: {what} is {value!r}, and one finite real number is expected",
        )
    expect(
        isinstance(dL, np.ndarray) and dL.shape == (p.size,),
        f"{name}: dL has shape {np.shape(dL)}, and ({p.size},) is expected",
    )
    expect(
        dL.dtype == W.dtype or isinstance(p, OwnPotential),
        f"{name}: dL holds {dL.dtype}, and {W.dtype} is expected, as W does",
    )
    eps = np.finfo(W.real.dtype).eps
    near(f"{name}: value(W) and the loss of differential(W)", loss, again, eps)
    same_bits(f"{name}: value", loss, p.value(W))
    same_bits(f"{name}: differential", dL, p.differential(W)[1])
    expect((before == W).all(), f"{name}: it changes the W that it is given")


def _refusals(p):
    longer = np.zeros(p.size + 1, p.dtype or np.float64)
    for method in (p.value, p.differential):
        refused(
            f"{shown(p)}: {method.__name__} of {p.size + 1} parameters", lambda m=method: m(longer)
        )


def _algebra(p, W):
    """Sums and multiples, another precision, and the object made again."""
    loss, eps = p.value(W), np.finfo(W.real.dtype).eps
    near(f"{shown(p)}: potential + potential", (p + p).value(W), 2 * loss, eps)
    near(f"{shown(p)}: 3·potential", (3 * p).value(W), 3 * loss, eps)
    dtype = "complex64" if W.dtype.kind == "c" else "float32"
    single = in_single(p, dtype) if p.estimates else p.with_dtype(dtype)
    if single is not None:
        near(
            f"{shown(p)}: its value in single precision",
            single.value(W.astype(single.dtype or W.dtype)),
            loss,
            np.finfo(np.float32).eps,
        )
    again = None if p.kind is None else made_of_tables(p) if p.estimates else made_again(p)
    if again is not None:
        how = "its tables" if p.estimates else "parameters()"
        same_bits(f"{shown(p)}: made again of {how}, its value", again.value(W), loss)


class _Place:
    """A potential at W, in double precision, with displacements to look along."""

    def __init__(self, p, W):
        self.p, self.W, self.name = p, W, shown(p)
        length = max(1.0, float(np.linalg.norm(W))) / np.sqrt(p.size)
        self.U, self.V = (length * numbers(draw, p.size, W.dtype) for draw in (1, 2))
        self.loss, self.dL = p.exact(W) if p.estimates else p.differential(W)
        self.eps = np.finfo(np.float64).eps
        self.floor = self.eps * max(abs(self.loss), abs(p.value(W + self.V)), 1e-300)
        if p.estimates:
            self.floor *= _RESTLESS

    def ahead(self, s):
        """L(W + sV) − L(W)."""
        return self.p.difference(self.W, s * self.V)

    def slope(self):
        """L(W + sV) = L + s·dL(V) + O(s²)."""
        c1 = pair(self.dL, self.V)
        falls(f"{self.name}: L beyond dL(V)", lambda s: self.ahead(s) - s * c1, 2, self.floor)
        if self.p.offers("pushforward") and self.p.jet_order:
            near(
                f"{self.name}: pushforward and dL(V)",
                self.p.pushforward(self.W, self.V),
                c1,
                1e-15,
                self._size(),
            )

    def jet(self):
        """c₀ = L, c₁ = dL(V), and L(W + sV) = c₀ + c₁s + c₂s² + O(s³)."""
        if not self.p.jet_order:  # of a system whose states have no series
            return
        c = self.p.jet(self.W, self.V, 2)
        near(
            f"{self.name}: jet(W, V, 2)",
            c[:2],
            [self.loss, pair(self.dL, self.V)],
            1e-15,
            self._size(),
        )
        expect(len(c) == 3, f"{self.name}: jet(W, V, 2) has {len(c)} numbers, and 3 are expected")
        falls(
            f"{self.name}: L beyond its jet of order 2",
            lambda s: self.ahead(s) - s * c[1] - s**2 * c[2],
            3,
            self.floor,
        )

    def linearized_jet(self):
        """The jet along a straight line of outputs begins as the true one."""
        c, straight = (f(self.W, self.V, 2) for f in (self.p.jet, self.p.linearized_jet))
        near(
            f"{self.name}: linearized_jet and jet up to first order",
            straight[:2],
            c[:2],
            1e-15,
            self._size(),
        )

    def gauss_newton(self):
        """⟨V, FV⟩ is what a straight line of outputs bends, and F is symmetric."""
        F, U, V = self.p.gauss_newton(self.W), in_reals(self.U), in_reals(self.V)
        FV, FU = F.action(V), F.action(U)
        size = np.linalg.norm(FV) * np.linalg.norm(V) + np.linalg.norm(FU) * np.linalg.norm(U)
        near(f"{self.name}: ⟨U, FV⟩ and ⟨V, FU⟩", pair(FV, U), pair(FU, V), self.eps, size)
        if self.p.offers("linearized_jet"):
            bent = 2 * self.p.linearized_jet(self.W, self.V, 2)[2]
            near(f"{self.name}: ⟨V, FV⟩ and 2c₂", pair(FV, V), bent, self.eps, size)

    def hessian(self):
        """dL(W + sV) = dL + s·HV + ½s²·T[V,V] + O(s³), H symmetric, its diagonal H_ii."""
        p, W, V, U = self.p, self.W, self.V, self.U
        if not p.offers("hessian_action"):
            return
        HV, HU = p.hessian_action(W, V), p.hessian_action(W, U)
        floor = self.eps * float(np.abs(self.dL).max() + np.abs(HV).max())
        floor *= _RESTLESS if p.estimates else 1
        slope = p.exact if p.estimates else p.differential
        change = lambda s: slope(W + s * V)[1] - self.dL  # noqa: E731
        falls(f"{self.name}: dL beyond HV", lambda s: np.abs(change(s) - s * HV).max(), 2, floor)
        size = np.linalg.norm(HV) * np.linalg.norm(U)
        near(
            f"{self.name}: ⟨U, HV⟩ and ⟨V, HU⟩",
            pair(HV, U),
            pair(HU, V),
            self.eps,
            size,
            unsure=self._unsure(U, V) + self._unsure(V, U),
        )
        rows = p.hessian_action(W, np.array([U, V]))
        near(f"{self.name}: the actions of two rows", rows, [HU, HV], self.eps)
        if p.offers("third_action"):
            T = p.third_action(W, V)
            falls(
                f"{self.name}: dL beyond HV and T[V,V]",
                lambda s: np.abs(change(s) - s * HV - s**2 / 2 * T).max(),
                3,
                floor,
            )
        if not (p.couples or p.mixes or W.dtype.kind == "c"):
            some = np.linspace(0, p.size - 1, min(_FEW, p.size)).astype(int)
            own = [p.hessian_action(W, unit)[i] for i, unit in zip(some, np.eye(p.size)[some])]
            near(
                f"{self.name}: the diagonal of H",
                p.hessian(W).diagonal()[some],
                own,
                self.eps,
                float(np.abs(HV).max()),
            )

    def orders(self):
        """2c₂ = ⟨V, HV⟩ and 6c₃ = ⟨V, T[V,V]⟩."""
        p, W, V = self.p, self.W, self.V
        if not p.offers("hessian_action", "third_action") or p.jet_order < 3:
            return
        c, off = p.jet(W, V, 3), self._off(V, 3)
        for k, factor, name, act in (
            (2, 2, "⟨V, HV⟩", p.hessian_action),
            (3, 6, "⟨V, T[V,V]⟩", p.third_action),
        ):
            covector = act(W, V)
            near(
                f"{self.name}: {factor}·c of order {k} of its jet, and {name}",
                factor * c[k],
                pair(covector, V),
                self.eps,
                float(np.abs(covector) @ np.abs(V)),
                unsure=4 * factor * off[k],
            )

    def _unsure(self, U, V):
        """By how much the potential's method may put ⟨U, HV⟩ off, beside rounding."""
        error = 2 * self._off(V, 2)[2] if self.p.offers("jet") else 0.0
        return 4 * error * float(np.linalg.norm(U) / np.linalg.norm(V))

    def _off(self, V, order):
        """By how much its method may put jets off, or H and T that are differences."""
        p = self.p
        if not p.estimates:
            return p.jet_error(self.W, V, order)
        by_differences = CustomPotential(p.size, p.exact, value=p.value, dtype=self.W.dtype)
        return by_differences.jet_error(self.W, V, order)

    def _size(self):
        """Size of the terms of dL(V)."""
        return float(np.abs(self.dL) @ np.abs(self.V))
