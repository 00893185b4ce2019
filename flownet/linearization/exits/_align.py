"""Symmetries of hidden units, and two sets of parameters with these removed.

A layer's units may be permuted; an odd unit may change the sign of all its weights and its bias; a
sigmoid, σ(−z) = 1 − σ(z), likewise, if what it loses is added to the biases above; a homogeneous
unit may trade length between what comes in and what goes out. None of this changes the map. Not
removed: shifts of sin by π, mixing of identity units.
"""

from dataclasses import dataclass

import numpy as np

from ...model.potential import UV, DoubleWell, Parabola, Potential, Quartic

ODD = frozenset({"identity", "tanh", "sin"})
REFLECTED = frozenset({"sigmoid"})
HOMOGENEOUS = frozenset({"identity", "relu", "leaky_relu"})
_EVEN = (Parabola, Quartic, DoubleWell)  # sums over parameters that see no sign and no order
_MOST = 100  # sweeps over the layers until no unit moves
_SWEEPS = 10_000  # until lengths are balanced: of 16 hidden layers it takes 300


@dataclass(frozen=True)
class Symmetry:
    """Where the units are, and what may be done to those of each hidden layer."""

    unpack: object  # W -> weights (n_out, n_in) and bias or None of each layer, as views
    hidden: tuple  # hidden layers that may be changed at all
    odd: tuple  # of all of them
    reflected: tuple
    homogeneous: tuple

    @property
    def words(self):
        """What is removed."""
        found = ["permutations"] if self.hidden else []
        found += ["signs"] if any(self.signed(i) for i in self.hidden) else []
        found += ["rescaling"] if any(self.homogeneous[i] for i in self.hidden) else []
        return ", ".join(found) or "none"

    def signed(self, i):
        """Whether the units of a hidden layer may change sign."""
        return self.odd[i] or self.reflected[i]


def symmetry(potential, metric):
    """`Symmetry` of a potential; units beside a frozen layer have none."""
    terms = potential.atoms()
    nets = [atom for _, atom in terms if isinstance(atom, (UV, Potential))]
    others = [atom for _, atom in terms if not isinstance(atom, (UV, Potential))]
    if (
        not nets
        or not all(isinstance(atom, _EVEN) for atom in others)
        or len({_shape(atom) for atom in nets}) > 1
    ):
        return Symmetry(lambda W: [], (), (), (), ())
    unpack = _unpack_uv if isinstance(nets[0], UV) else nets[0].network.unpack
    names = list(zip(*(_names(atom) for atom in nets)))
    moves = [
        bool(np.all(metric.free[_positions(unpack, potential.size, i)]))
        for i in range(len(names) + 1)
    ]
    hidden = tuple(i for i in range(len(names)) if moves[i] and moves[i + 1])
    bias = unpack(np.arange(potential.size))[-1][1] is not None
    return Symmetry(
        unpack,
        hidden,
        tuple(ODD.issuperset(n) for n in names),
        tuple(bias and not others and REFLECTED.issuperset(n) for n in names),
        tuple(not others and HOMOGENEOUS.issuperset(n) for n in names),
    )


def _shape(atom):
    return "uv" if isinstance(atom, UV) else (atom.network.sizes, atom.network.bias)


def _names(atom):
    return ("identity",) if isinstance(atom, UV) else atom.network.activation


def _unpack_uv(W):
    """UV's f = Σ u_i·v_i/√n as a network: v below, u above."""
    n = len(W) // 2
    return [(W[n:].reshape(n, 1), None), (W[:n].reshape(1, n), None)]


def _positions(unpack, size, layer):
    weights, bias = unpack(np.arange(size))[layer]
    return np.concatenate([weights.ravel(), *([] if bias is None else [bias])])


def align(potential, A, B, metric):
    """A and B (D,) without what the symmetries of hidden units make of them.

    Homogeneous units are balanced in both: as much length in the metric comes in as goes out. Then
    units of B are matched with those of A, layer by layer, by least squared distance, until no
    layer gains (weight matching); of the three starts, as it is, upward from the inputs and
    downward from the outputs, the nearest.
    """
    found = symmetry(potential, metric)
    A, B = (np.array(W, np.float64) for W in (A, B))
    if not found.hidden:
        return A, B
    stiffness = found.unpack(metric.own)
    for W in (A, B):
        _balance(found, found.unpack(W), stiffness)
    tried = [_matched(found, A, B.copy(), stiffness, start) for start in ("as it is", "in", "out")]
    return A, min(tried, key=lambda W: metric.norm2(W - A))


def _balance(found, layers, stiffness):
    """Units scaled so that their weights have one length, ‖in‖ = ‖out‖, until all have.

    Biases do not count: reflections below change them.
    """
    scaled = [i for i in found.hidden if found.homogeneous[i]]
    for _ in range(_SWEEPS):
        most = 0.0
        for i in scaled:
            below, above = (
                g * w * w for (w, _), (g, _) in zip(layers[i : i + 2], stiffness[i : i + 2])
            )
            square_in, square_out = below.sum(axis=1), above.sum(axis=0)
            alive = (square_in > 0) & (square_out > 0)
            c = np.divide(square_out, square_in, out=np.ones_like(square_in), where=alive) ** 0.25
            _scale(layers, i, c, 1 / c)
            most = max(most, np.abs(c - 1).max())
        if most <= 4 * np.finfo(np.float64).eps:
            break


def _matched(found, A, B, stiffness, start):
    """B with its units in the order, and with the signs, of those of A."""
    a, b = found.unpack(A), found.unpack(B)
    if start == "in":
        for i in found.hidden:
            _match(found, a, b, stiffness, i, (0,))
    elif start == "out":
        for i in reversed(found.hidden):
            _match(found, a, b, stiffness, i, (1,))
    for _ in range(_MOST):
        moved = [_match(found, a, b, stiffness, i, (0, 1)) for i in found.hidden]  # all of them
        if not any(moved):
            break
    return B


def _match(found, a, b, stiffness, i, sides):
    """Permute the units of one layer, by what comes in (0) and goes out (1); whether any moved."""
    from scipy.optimize import linear_sum_assignment  # takes a tenth of a second

    own = cross = 0.0
    for side in sides:
        u, v, g = (_sides(layers, i)[side] for layers in (a, b, stiffness))
        own = own + np.sum(g * u * u, axis=1)[:, None] + g @ (v * v).T
        cross = cross + (g * u) @ v.T
    gain = np.abs(cross) if found.signed(i) else cross
    rows, order = linear_sum_assignment(own - 2 * gain)
    sign = np.where((cross < 0) & found.signed(i), -1.0, 1.0)[rows, order]
    if (order == rows).all() and (sign > 0).all():
        return False
    (weights, bias), (above, bias_above) = b[i], b[i + 1]
    weights[:], above[:] = weights[order], above[:, order]
    if bias is not None:
        bias[:] = bias[order]
    if found.reflected[i]:
        bias_above += above[:, sign < 0].sum(axis=1)
    _scale(b, i, sign, sign)
    return True


def _sides(layers, i):
    """What comes in (n, n_in + 1) and what goes out (n, n_out) of the n units of a layer."""
    weights, bias = layers[i]
    joined = weights if bias is None else np.column_stack([weights, bias])
    return joined, layers[i + 1][0].T


def _scale(layers, i, factor_in, factor_out):
    weights, bias = layers[i]
    weights *= factor_in[:, None]
    if bias is not None:
        bias *= factor_in
    above = layers[i + 1][0]
    above *= factor_out
