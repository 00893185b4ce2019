"""A circuit relaxes by Newton's steps for all of its nodes at once, damped where they overshoot."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, cholesky, lu_factor, lu_solve
from scipy.sparse import diags_array, issparse
from scipy.sparse.linalg import splu

from ..._errors import FlownetError
from .._relaxation import Relaxation, Relaxed, no_pull
from ._diodes import conducting, least_within
from ._series import voltage_series

_HALVINGS = 60
_NEAR = 1e-15  # of the stiffest node: how a node that nothing leads to is held where it is


class CircuitStates(Relaxation):
    """States (m, n) of a `Circuit`: the voltages of its free nodes."""

    def __init__(self, system, m, manner):
        self.system, self.m, self.manner = system, m, manner

    def drive(self, W, x):
        """Take W (D,) and u (m, sources) for what follows."""
        self.W, self.x = W, x

    def rest(self):
        """No voltage anywhere."""
        return np.zeros((self.m, self.system.states))

    def outputs(self, s):
        """Outputs (m, n_out) of states."""
        return s[:, -self.system.n_out :]

    def layers(self, s):
        """One array (m, n) for all of the state."""
        return [s]

    # ---- Newton's steps ----

    def relax(self, s, pull, sweeps):
        """Newton's steps, one a sweep."""
        return self._relax(s, pull, sweeps, self.system.states)

    def clamp(self, s, o, sweeps):
        """All nodes but the outputs move."""
        self.outputs(s)[...] = o
        none = no_pull(s.dtype)
        return self._relax(s, none, sweeps, self.system.states - self.system.n_out)

    def _relax(self, s, pull, sweeps, moving):
        taken, change = 0, np.inf
        while taken < sweeps:
            taken += 1
            d = np.zeros_like(s)
            if moving:
                r = -self._slope(s, pull)[:, :moving]
                d[:, :moving] = self._solved(s, r, pull, bound=True)
            if len(self.system.diodes):
                d = self._share(s, d, pull)
            s += d
            change = float(np.abs(d).max(initial=0.0))
            if change <= self.manner.tolerance or change != change:
                break
        return Relaxed(taken, change)

    def _slope(self, s, pull):
        slope = self.system.smooth_slope(self.W, self.x, s)
        if pull.held.size:
            slope = slope.astype(np.result_type(slope, pull.held))
            self.outputs(slope)[...] += pull.held * self.outputs(s) - pull.drive
        return slope

    def _share(self, s, d, pull):
        """As much of a step d as does not overshoot: F is convex along it."""
        size = np.finfo(float).eps * 64 * (1 + np.abs(s).max(axis=1, initial=0.0))
        rise = np.abs((self._slope(s, pull) * d).sum(axis=1).real)
        t = np.ones((len(s), 1))
        for _ in range(_HALVINGS):
            with np.errstate(over="ignore", invalid="ignore"):
                there = (self._slope(s + t * d, pull) * d).sum(axis=1).real
            over = ~(there <= rise) & (np.abs(t * d).max(axis=1, initial=0.0) > size)
            if not over.any():
                break
            t[over] /= 2
        return t * d

    def _solved(self, s, r, pull=None, *, bound=False):
        """H·d = r (m, n) of the first n nodes; `bound`: as far as ideal diodes let it."""
        n = r.shape[1]
        system, (of_resistors, of_diodes) = self.system, self.system.bends(self.W, self.x, s)
        fixed = system.resistors.stiffness(of_resistors)
        if pull is not None and pull.held.size:
            held = np.zeros(system.states, pull.held.dtype)
            held[-system.n_out :] = pull.held
            fixed = fixed + (diags_array(held) if issparse(fixed) else np.diag(held))
        if len(system.ideal) and bound:
            return self._bound(s, r, fixed[:n, :n], of_diodes)
        if not len(system.diodes):
            return _solver(fixed[:n, :n])(r.T).T
        each = (fixed + system.diodes.stiffness(bend) for bend in of_diodes)
        return np.array([_solver(H[:n, :n])(r_i) for H, r_i in zip(each, r)])

    def _bound(self, s, r, fixed, of_diodes):
        system, d, n = self.system, np.empty_like(r), r.shape[1]
        rows, over = system.ideal.rows(slice(None))[:, :n], system.over(self.x, s)
        fixed, L = _dense(fixed), None
        for i in range(len(s)):
            if L is None or len(system.diodes):
                L = _cholesky(fixed + _dense(system.diodes.stiffness(of_diodes[i]))[:n, :n])
            d[i] = least_within(L, -r[i], rows, -over[i], over[i] == 0)
        return d

    # ---- how it yields, and what that says of W ----

    def yields(self, s, c):
        """One solve for each sample, with ideal diodes that conduct held at their voltage."""
        force = np.zeros_like(s)
        self.outputs(force)[...] = c
        return self.solve(s, force)

    def solve(self, s, force):
        """v = H⁻¹·force, of a force (m, n) on every node."""
        v = self._solved(s, force)
        if len(self.system.ideal):
            self._hold(s, v)
        return v, Relaxed(1, 0.0)

    def _hold(self, s, v):
        """Take from v what ideal diodes that carry a current do not let through, in place."""
        system = self.system
        over, slope = system.over(self.x, s), system.smooth_slope(self.W, self.x, s)
        of_resistors, of_diodes = system.bends(self.W, self.x, s)
        fixed = _dense(system.resistors.stiffness(of_resistors))
        for i in range(len(s)):
            rows = conducting(system.ideal.rows(over[i] == 0), slope[i])
            if len(rows):
                L = _cholesky(fixed + _dense(system.diodes.stiffness(of_diodes[i])))
                A = cho_solve((L, True), rows.T)
                held, *_ = np.linalg.lstsq(rows @ A, rows @ v[i], rcond=None)
                v[i] -= A @ held

    def first_kink(self, s, v, c):
        """Where an ideal diode that blocks meets 0, or one that conducts loses its current."""
        system, found = self.system, np.inf
        if not len(system.ideal):
            return found
        w, slope = system.over(self.x, s), system.smooth_slope(self.W, self.x, s)
        moves, bent = system.ideal.along(v), system.curvature(self.W, self.x, s, v)
        self.outputs(bent)[...] -= c
        for i in range(len(s)):
            blocks = (w[i] < 0) & (moves[i] != 0)
            found = min(found, np.abs(w[i][blocks] / moves[i][blocks]).min(initial=np.inf))
            rows = conducting(system.ideal.rows(w[i] == 0), slope[i])
            if len(rows):
                now, by = (np.linalg.lstsq(rows.T, f, rcond=None)[0] for f in (-slope[i], bent[i]))
                falls = by != 0
                found = min(found, np.abs(now[falls] / by[falls]).min(initial=np.inf))
        return float(found)

    def series(self, s, order, *, V=None, force=None):
        """Taylor coefficients of the voltages: see `_series`."""
        return voltage_series(self, s, order, V, force)

    def along_seen(self, s, u, weight, *, x):
        """`along`: nodes show their voltages."""
        return self.along(s, u, weight, x=x)

    def along(self, s, u, weight, *, x=True):
        """Σ weight·(∂_s∂_W E)·u (D,); without x of no sources, and what is bilinear in s alone."""
        return self.system.along(self.x if x else None, s, u, weight)

    def difference(self, plus, minus, weight):
        """Without squares that cancel: along s⁺ − s⁻ at the mean of both."""
        return self.along((plus + minus) / 2, plus - minus, weight).real


# ---- linear algebra ----


def _dense(H):
    return H.toarray() if issparse(H) else H


def _near(H):
    return _NEAR * (float(np.abs(H.diagonal()).max(initial=0.0)) or 1.0)


def _held(H):
    """H (n, n) with its nodes held a little, so that those that nothing leads to stay."""
    if issparse(H):
        return (H + diags_array(np.full(H.shape[0], _near(H)))).tocsc()
    return H + _near(H) * np.eye(len(H))


def _solver(H):
    """r ↦ d with H·d = r, of one factor of H: Cholesky's, or L·U of what has none."""
    if not np.isfinite(H.data if issparse(H) else H).all():  # a run that diverges is a result
        return lambda r: np.full(r.shape, np.nan)
    if issparse(H):
        return splu(_held(H)).solve
    if np.iscomplexobj(H):
        factor = lu_factor(_held(H))
        return lambda r: lu_solve(factor, r)
    L = _cholesky(H)
    return lambda r: cho_solve((L, True), r)


def _cholesky(H):
    try:
        return cholesky(_held(H), lower=True)
    except np.linalg.LinAlgError:
        raise FlownetError(
            "the circuit has no least energy there: a negative nudge is beyond what its outputs "
            "hold; take a smaller one."
        ) from None
