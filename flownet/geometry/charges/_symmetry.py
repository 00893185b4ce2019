"""Which charges a potential has, derived from its structure; and why the rest has none.

A continuous symmetry W → W + εAW of the loss, whatever the data, gives Aristotle a charge WᵀgAW if
gA is symmetric. Scaling a homogeneous unit, or mixing identity units by a matrix, is of this
kind; rotations are not. Any term that breaks the symmetry breaks the charge.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..._errors import FlownetError, shown
from ...model.potential import UV, CrossEntropy, DoubleWell, Parabola, Potential, Quartic
from ..metric import CoupledRanges, Ranges
from ._forms import MATRIX, NEURONS, TOTAL, Balance, Layer, OutputSums

_LINEAR, _HOMOGENEOUS = ("identity",), ("identity", "relu", "leaky_relu")
_DISCRETE = {
    "tanh": "signs and ",
    "sin": "signs, shifts by π and ",
    "sigmoid": "reflections σ(−z) = 1 − σ(z) and ",
}
_UNSEEN = 1e-12  # of the largest eigenvalue: what an output metric does not see


@dataclass(frozen=True)
class Structure:
    """What symmetries depend on: layers, hidden activations, and what the loss sees of outputs."""

    words: str  # "uv" or "network"
    layers: tuple
    hidden: tuple
    seen: np.ndarray  # positive matrix (n_out, n_out); its null directions are unseen
    output: str  # why there are none, if there are


def derive(potential, metric):
    """The forms of the charges of a potential in a metric, and the reasons of what has none."""
    terms = [(scale, atom) for scale, atom in potential.atoms() if scale != 0]
    _check(metric, potential.size)
    broken = [reason for term in terms if (reason := _breaks(*term))]
    if broken or not terms:
        return (), tuple(broken or ["every term has the scale 0: nothing moves"])
    found = [_structure(atom) for _, atom in terms]
    first = found[0]
    if any((s.words, s.layers) != (first.words, first.layers) for s in found):
        return (), ("terms of different shape: what leaves one of them as it is changes another",)
    layers = _in_metric(first.layers, metric)
    forms, reasons = [], []
    for below, names in enumerate(zip(*(s.hidden for s in found))):
        form, reason = _between(first.words, layers, below, names)
        (forms if form else reasons).append(form or reason)
    forms += _across_frozen(layers, [s.hidden for s in found])
    sums, reason = _output_sums(found, layers[-1], len(layers))
    return tuple(forms + sums), tuple(reasons + reason)


def _breaks(scale, term):
    """Why no charge survives this term, or None."""
    if isinstance(term, Parabola):
        return (
            "Parabola: weight decay breaks every charge; in the plain metric quadratic ones "
            f"fall as e^(−2κt) and sums as e^(−κt), κ = {scale * term.strength:g}"
        )
    if isinstance(term, (Quartic, DoubleWell)):
        return (
            f"{type(term).__name__}: no continuous symmetry, only signs and permutations of "
            "the parameters"
        )
    if not isinstance(term, (UV, Potential)):
        return f"{term.name}: a program of its own, its symmetries are not known"
    if isinstance(term, Potential) and term.network.is_complex:
        return (
            "complex network: phases are rotations, whose charge is 0 where nothing has mass; "
            "the real symmetries of its activations are not looked for"
        )
    return None


def _structure(term):
    """Structure of a network's term or of UV, f = uᵀv/√n: v below and u above n linear units."""
    if isinstance(term, UV):
        n = term.n
        return Structure(
            "uv", (Layer(n, n, 1, False), Layer(0, 1, n, False)), _LINEAR, np.eye(1), ""
        )
    net, n_out = term.network, term.network.sizes[-1]
    layers = tuple(
        Layer(begin, n, n_in, net.bias)
        for (begin, _), n_in, n in zip(net.ranges, net.sizes, net.sizes[1:])
    )
    seen, output = np.eye(n_out), ""
    if net.output != "identity":
        output = f"output ({net.output}): no shift of the last layer shifts all outputs alike"
    elif isinstance(term.loss, CrossEntropy):
        seen = np.eye(n_out) - 1 / n_out  # softmax forgets a common shift, whatever γ, Γ and kT
    else:
        output = "output: the quadratic loss sees a shift of the outputs in any direction"
        if term.loss.output_metric is not None:
            seen = term.loss.output_metric / (np.abs(term.loss.output_metric).max() or 1.0)
    return Structure("network", layers, net.activation, seen, output)


def _check(metric, size):
    if metric is None:
        return
    if not isinstance(metric, (Ranges, CoupledRanges)):
        raise FlownetError(
            f"charges in the metric {shown(metric)}: they are known for metrics "
            "that stay, with one stiffness for each layer."
        )
    if metric.size != size:
        raise FlownetError(
            f"the metric is one of {metric.size} parameters, the potential has {size}."
        )


def _in_metric(layers, metric):
    """The layers with the stiffness the metric gives each of them."""
    if metric is None:
        return layers
    own, coupled = metric.stiffness, np.zeros(len(metric.stiffness), bool)
    if isinstance(metric, CoupledRanges):
        own, coupled = own.diagonal(), metric.coupled
    given = []
    for number, layer in enumerate(layers, 1):
        first = np.searchsorted(metric.bounds, layer.begin, "right") - 1
        last = np.searchsorted(metric.bounds, layer.end, "left")
        stiffness = set(own[first:last].tolist())
        if len(stiffness) > 1:
            raise FlownetError(
                f"the metric has {len(stiffness)} different stiffnesses within "
                f"layer {number}: charges want one for each layer."
            )
        given.append(
            replace(layer, stiffness=stiffness.pop(), coupled=bool(coupled[first:last].any()))
        )
    return tuple(given)


def _between(words, layers, i, names):
    """Balance of the layers i and i + 1, or the reason why there is none."""
    below, above = layers[i], layers[i + 1]
    where = f"hidden {i + 1}"
    bent = [name for name in names if name not in _HOMOGENEOUS]
    if bent:
        return None, (
            f"{where} ({bent[0]}): no continuous symmetry, only "
            f"{_DISCRETE.get(bent[0], '')}permutations of its units"
        )
    frozen = [str(k + 1) for k in (i, i + 1) if layers[k].frozen]
    if frozen:
        return None, (
            f"{where}: undefined beside a frozen layer ({' and '.join(frozen)}), whose "
            "stiffness is infinite"
        )
    coupled = [str(k + 1) for k in (i, i + 1) if layers[k].coupled]
    if coupled:
        return None, (
            f"{where}: the metric couples layer{'s' * (len(coupled) > 1)} "
            f"{' and '.join(coupled)} to others, so that scaling one alone is not "
            "symmetric in the metric"
        )
    g, k = below.stiffness, above.stiffness
    if words == "uv":
        return Balance("u, v", _difference((k, "uuᵀ"), (g, "vvᵀ")), MATRIX, below, above), None
    if all(name in _LINEAR for name in names):
        form, (low, high) = MATRIX, (_sub(i + 1), _sub(i + 2))
        squares = (k, f"W{high}ᵀW{high}"), (g, f"W{low}W{low}ᵀ"), (g, f"b{low}b{low}ᵀ")
    else:
        form, squares = NEURONS, ((k, "‖w_out‖²"), (g, "‖w_in‖²"), (g, "b²"))
    return Balance(where, _difference(*squares[: 2 + below.bias]), form, below, above), None


def _across_frozen(layers, hidden):
    """Totals of the free layers below and above frozen ones, if all between only scales.

    Scaling W_i by c and W_j by 1/c leaves homogeneous units between them alone; a bias does not.
    """
    free = [i for i, layer in enumerate(layers) if not layer.frozen]
    found = []
    for i, j in pairwise(free):
        scales = all(name in _HOMOGENEOUS for names in hidden for name in names[i:j])
        alone = not (layers[i].coupled or layers[j].coupled)
        if j > i + 1 and scales and alone and not layers[i].bias:
            squares = [(layers[k].stiffness, f"‖W{_sub(k + 1)}‖²") for k in (j, i)]
            found.append(
                Balance(
                    f"layers {i + 1}, {j + 1}", _difference(*squares), TOTAL, layers[i], layers[j]
                )
            )
    return found


def _output_sums(found, layer, number):
    """Sums along each direction of the outputs that no term's loss sees, and the reason if none."""
    reasons = [s.output for s in found if s.output]
    names = f"W{_sub(number)}" + f", b{_sub(number)}" * layer.bias
    directions = _unseen(sum(s.seen for s in found))
    if directions and layer.frozen:
        return [], [f"output: layer {number} is frozen, its sums stand still"]
    if directions and layer.coupled:
        return [], [
            f"output: the metric couples layer {number} to others, whose covectors move its sums"
        ]
    made = []
    for direction in directions:
        if len(set(direction)) == 1:
            made.append(OutputSums("class sums", f"Σ over classes of {names}", layer, direction))
        else:
            made.append(
                OutputSums(
                    f"unseen {len(made) + 1}", f"n·{names}, n unseen by the loss", layer, direction
                )
            )
    return made, [] if made else reasons[:1]


def _unseen(seen):
    """Null directions of a positive matrix, each a tuple; (1, …, 1) where it is the only one."""
    values, vectors = np.linalg.eigh(seen)
    least = _UNSEEN * max(values.max(), 1.0)
    null, ones = vectors[:, values <= least].T, np.ones(len(seen))
    if len(null) == 1 and np.abs(seen @ ones).max() <= least:
        null = ones[None]
    return [tuple((n * np.sign(n[np.argmax(np.abs(n))])).tolist()) for n in null]


def _difference(*squares):
    return " − ".join(text if g == 1 else f"{g:g}·{text}" for g, text in squares)


def _sub(number):
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
