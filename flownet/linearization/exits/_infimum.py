"""Potentials whose infimum lies at infinity."""

import numpy as np

from ..._errors import FlownetError
from ...model.potential import CrossEntropy, Potential


def refuse_separated(potential, W, metric):
    """Refuse cross-entropy at parameters that tell every sample's class.

    There c ↦ L(W, last layer times c) falls strictly: no such W is critical, and the flow runs to
    infinity. A term that holds the parameters, such as a parabola, changes that.
    """
    terms = potential.atoms()
    if not all(_free_logits(scale, atom) for scale, atom in terms):
        return
    if not all(_separates(atom, W) for _, atom in terms):
        return
    begin, end = terms[0][1].network.ranges[-1]
    if metric.free[begin:end].all():
        raise FlownetError(
            "cross-entropy has no minimum at a finite distance on data that the "
            "network separates, as it does here: add a term that holds the "
            "parameters, such as potential + 0.01 * fn.Parabola(net.size)."
        )


def refuse_endless():
    """Refuse the end of a polish that would go on for ever."""
    raise FlownetError(
        "there is no minimum at a finite distance: the loss only falls towards an infimum "
        "at infinity. Add a term that holds the parameters, such as "
        "potential + 0.01 * fn.Parabola(potential.size)."
    )


def _free_logits(scale, atom):
    return (
        scale > 0
        and isinstance(atom, Potential)
        and isinstance(atom.loss, CrossEntropy)
        and atom.network.output == "identity"
    )


def _separates(atom, W):
    """Whether the truth is one-hot and its output the largest, for every sample."""
    y, scores = atom.data.y, atom.network.forward(W, atom.data.x)
    true = y.argmax(axis=1)
    if y.shape[1] < 2 or not (y.sum(axis=1) == y.max(axis=1)).all():
        return False
    rows = np.arange(len(y))
    best = scores[rows, true]
    scores[rows, true] = -np.inf
    return bool((best > scores.max(axis=1)).all())
