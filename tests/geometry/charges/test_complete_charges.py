"""Charges are derived completely: all that every step keeps, and nothing that it does not."""

from itertools import pairwise

import naive
import numpy as np
import pytest
from settings_of_charges import BOTH, in_metric
from tolerance import close, has_order
from twins import case, point, positive, potential, problem, uniforms

import flownet as fn


def kept_polynomials(made, stiffness=None, decay=0.0):
    """Number of quadratic and linear functions P of the free parameters that every step keeps to
    first order, dP(g⁻¹dL) = 0 whatever W, x and y; and how far the rest is from being kept."""
    sizes = made["sizes"]
    ends = np.cumsum([n * (k + made["bias"]) for k, n in pairwise(sizes)])
    g = np.repeat(stiffness or [1.0] * len(ends), np.diff([0, *ends]))
    free, rows, p = np.isfinite(g), [], problem(made)
    upper = np.triu_indices(free.sum())
    x, y = p.x, p.y
    for i, W in enumerate(3 * uniforms(34000, int(1.5 * (free.sum() + len(upper[0]))), len(g))):
        p.x, p.y = np.roll(x, i, axis=0) * (1 + W[: x.shape[1]]), np.roll(y, i // 7, axis=1)
        W[~free] = made["arrays"]["W"][~free]
        V = ((naive.differential(p, W)[1] + decay * W) / g)[free]
        row = np.concatenate([V, (np.outer(W[free], V) + np.outer(V, W[free]))[upper]])
        if (V != 0).any():
            rows.append(row / np.linalg.norm(row))
    assert len(rows) >= len(rows[0])
    values = np.linalg.svd(np.array(rows), compute_uv=False)
    kept = int((values < 1e-12).sum())
    return kept, values[len(values) - kept - 1]


def claimed_polynomials(charges):
    """The charges, and the products of the linear ones with each other."""
    p = int(charges.linear.sum())
    return len(charges) + p * (p + 1) // 2


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize("name", naive.ACTIVATIONS)
def test_nothing_is_missing_and_nothing_too_much(name, loss):
    """Every activation: the charges span all quadratic and linear functions that are kept."""
    made = case(35000, [2, 2, 2], [name], loss)
    kept, gap = kept_polynomials(made, [1.0, 3.0])
    pot = potential(made)
    assert kept == claimed_polynomials(fn.charges(pot, in_metric([1.0, 3.0], pot)))
    assert gap > 1e-6
    assert kept > 0 or not any(c in name for c in ("relu", "identity"))


MIXED = {
    "deep": (dict(sizes=[1, 2, 2, 1], activations=["leaky_relu", "identity"]), None),
    "deep, one bent": (dict(sizes=[1, 2, 2, 1], activations=["identity", "gelu"]), None),
    "deep linear": (dict(sizes=[2, 2, 2, 2], activations=["identity"] * 2, bias=False), None),
    "softmax, metrics": (
        dict(
            sizes=[2, 2, 3],
            activations=["tanh"],
            loss="cross-entropy",
            temperature=0.3,
            gamma=positive(36001, 3),
            Gamma=positive(36002, 7),
        ),
        [2.0, 1.0],
    ),
    "softmax of tanh": (
        dict(sizes=[2, 2, 2], activations=["relu"], loss="cross-entropy", output="tanh"),
        None,
    ),
    "blind metric": (
        dict(sizes=[2, 2, 2], activations=["tanh"], gamma=np.array([[4.0, -2.0], [-2.0, 1.0]])),
        None,
    ),
    "across a frozen layer": (
        dict(sizes=[2, 2, 2, 2], activations=["leaky_relu"] * 2, bias=False),
        [2.0, np.inf, 1.0],
    ),
    "across, bent": (
        dict(sizes=[2, 2, 2, 2], activations=["relu", "gelu"], bias=False),
        [2.0, np.inf, 1.0],
    ),
    "across, with bias": (
        dict(sizes=[1, 2, 2, 1], activations=["leaky_relu"] * 2),
        [2.0, np.inf, 1.0],
    ),
    "below a frozen layer": (
        dict(sizes=[2, 2, 2], activations=["relu"], loss="cross-entropy"),
        [1.0, np.inf],
    ),
}


@pytest.mark.parametrize("words, stiffness", MIXED.values(), ids=MIXED)
def test_mixtures_have_no_more_and_no_less(words, stiffness):
    made = case(36000, **{"loss": "quadratic", **words})
    kept, gap = kept_polynomials(made, stiffness)
    pot = potential(made)
    assert kept == claimed_polynomials(fn.charges(pot, in_metric(stiffness, pot))) and gap > 1e-6


@pytest.mark.parametrize(
    "words", [dict(sizes=[1, 2, 1], loss="quadratic"), dict(sizes=[1, 3, 2], loss="cross-entropy")]
)
def test_one_input_and_one_output_keep_functions_of_the_charges_too(words):
    """L of v·u alone, without biases: v_i u_j − v_j u_i is kept as well; two classes are one v.

    It says nothing new: vvᵀ − uuᵀ fixes v and u up to the hyperbolic rotation that is the flow.
    """
    made = case(36500, activations=["identity"], bias=False, **words)
    kept, gap = kept_polynomials(made)
    n = words["sizes"][1]
    claimed = claimed_polynomials(fn.charges(potential(made)))
    assert kept == claimed + n * (n - 1) // 2 and gap > 1e-6


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize("name", ["identity", "relu", "tanh"])
def test_weight_decay_leaves_none(name, loss):
    """+ κ·Parabola: nothing quadratic or linear is kept, and nothing is claimed."""
    made = case(37000, [2, 2, 2], [name], loss)
    kept, gap = kept_polynomials(made, decay=0.1)
    decayed = potential(made) + 0.1 * fn.Parabola(12)
    assert kept == len(fn.charges(decayed)) == 0 and gap > 1e-6


def test_how_weight_decay_wears_charges_off():
    """Plain metric: sums shrink by 1 − hκ a step, exactly; Q as e^{−2κt} up to O(h)."""
    made = case(38000, [3, 4, 3], ["relu"], "cross-entropy")
    pot, errors, steps = potential(made), [], [0.02, 0.01, 0.005]
    charges, W0 = fn.charges(pot), point(made)[0]
    for h in steps:
        run = fn.train(
            pot + 0.3 * fn.Parabola(pot.size), fn.Aristotle(h), steps=round(1 / h), W0=W0
        )
        first, last = charges.value(W0), charges.value(run.parameters[-1])
        sums = charges.linear
        close(last[sums], first[sums] * (1 - 0.3 * h) ** round(1 / h), scale=1.0, kind="reference")
        errors.append(np.linalg.norm((last - np.exp(-2 * 0.3) * first)[~sums]))
    has_order(errors, steps, 1)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "elu", "softplus", "gelu", "sin"])
def test_bent_units_break_every_candidate(name):
    """What relu units keep, these lose at first order in h: all four, by far more than h²."""
    made = case(39000, [3, 4, 2], ["relu"], "quadratic")
    bent = potential({**made, "activations": [name]})
    W, h = point(made)[0], 1e-4
    dL = bent.differential(W)[1]
    candidates = fn.charges(potential(made))
    lost = candidates.value(W - h * dL) - candidates.value(W)
    assert (np.abs(lost) > 10 * np.abs(candidates.change(W, dL, h))).all()
    assert len(fn.charges(bent)) == 0
