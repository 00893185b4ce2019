"""What is said of charges: their names, why there are none, and mistakes in one line."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from settings_of_charges import in_metric, small

import flownet as fn


class Program:
    """A potential that flownet knows nothing of."""

    size, dtype = 12, None

    def value(self, W):
        return float(W @ W)

    def differential(self, W):
        return self.value(W), 2 * W


REASONS = {
    "odd": (
        lambda: small("tanh"),
        None,
        [
            "hidden 1 (tanh): no continuous symmetry, only signs",
            "output: the quadratic loss sees a shift",
        ],
    ),
    "bent": (
        lambda: small("gelu", loss="cross-entropy", output="sigmoid"),
        None,
        ["hidden 1 (gelu): no continuous symmetry, only permutations", "output (sigmoid)"],
    ),
    "frozen": (lambda: small("relu"), [np.inf, 1.0], ["beside a frozen layer (1)", "output"]),
    "frozen sums": (
        lambda: small("sin", loss="cross-entropy"),
        [1.0, np.inf],
        ["hidden 1 (sin)", "layer 2 is frozen, its sums stand still"],
    ),
    "decay": (lambda: small("relu") + 0.02 * fn.Parabola(26, strength=0.5), None, ["κ = 0.01"]),
    "quartic": (lambda: fn.Quartic(3), None, ["Quartic: no continuous symmetry"]),
    "nothing": (lambda: 0 * fn.UV(2), None, ["nothing moves"]),
    "program": (Program, None, ["Program: a program of its own"]),
}


@pytest.mark.parametrize("make, stiffness, lines", REASONS.values(), ids=REASONS)
def test_what_has_none_says_why(make, stiffness, lines):
    """An empty list of charges works like any other, and prints its reasons."""
    pot = make()
    charges = fn.charges(pot, in_metric(stiffness, pot))
    assert len(charges) == 0 and not charges.names
    assert charges.value(np.ones(pot.size)).shape == (0,)
    assert len(charges.reasons) == len(lines)
    assert all(line in reason for line, reason in zip(lines, charges.reasons))
    text = " ".join(str(charges).split())
    assert text.startswith("no charges of ") and all(line in text for line in lines)
    run = fn.train(
        pot,
        fn.Aristotle(0.01),
        steps=3,
        W0=0.1 * np.ones(pot.size),
        metric=in_metric(stiffness, pot),
    )
    if not isinstance(pot, Program):
        assert charges.along(run).error == 0


@pytest.mark.parametrize("stiffness", [None, [1e-3, 12345.678, 0.1]])
def test_the_text_fits_a_page(stiffness):
    for activations in (["identity", "relu"], ["sigmoid", "identity"]):
        pot = small(*activations, loss="cross-entropy")
        metric = in_metric(stiffness, pot)
        charges = fn.charges(pot, metric)
        run = fn.train(pot, fn.Aristotle(1e-4), steps=5, metric=metric)
        for text in (str(charges), str(charges.along(run)), repr(charges)):
            assert max(map(len, text.splitlines())) <= 100
        assert all(name in str(charges.along(run)) for name in charges.names)


def test_labels_and_shapes():
    charges = fn.charges(small("relu", "identity", loss="cross-entropy"))
    assert charges.names == ["hidden 1", "hidden 2", "class sums"]
    assert charges.shapes == [(4,), (4, 4), (5,)]
    assert len(charges) == len(charges.labels) == 4 + 10 + 5
    assert charges.labels[3:6] == ["hidden 1 [3]", "hidden 2 [0, 0]", "hidden 2 [0, 1]"]
    assert charges.labels[-2:] == ["class sums [3]", "class sums [bias]"]
    values = np.arange(19.0)
    whole = charges.unpack(np.stack([values, -values]))
    np.testing.assert_array_equal(whole["hidden 2"][0], whole["hidden 2"][0].T)
    assert [part.shape for part in whole.values()] == [(2, 4), (2, 4, 4), (2, 5)]


def per_neuron(pot):
    from flownet.geometry.metric import Ranges

    return Ranges([0, 5, pot.size], [1.0, 2.0])


def run_of_others(pot):
    run = run_of(pot)
    run.mechanics = fn.Newton(0.1)
    return run


def run_of(pot, **words):
    return fn.train(pot, fn.Aristotle(0.1), **{"steps": 6, **words})


MISTAKES = {
    "no potential": (lambda p: fn.charges("relu"), "has to be a potential"),
    "a run": (lambda p: fn.charges(run_of(p)), "has to be a potential"),
    "a metric within layers": (lambda p: fn.charges(p, per_neuron(p)), "one for each layer"),
    "no metric": (lambda p: fn.charges(p, 2.0), "one stiffness for each layer"),
    "another's metric": (lambda p: fn.charges(p, fn.Euclidean(7)), "one of 7 parameters"),
    "a short W": (lambda p: fn.charges(p).value(np.ones(3)), r"W has shape \(3,\)"),
    "a short dL": (lambda p: fn.charges(p).change(np.ones(26), np.ones(3), 1.0), "dL has shape"),
    "values of others": (lambda p: fn.charges(p).unpack(np.ones(3)), "there are 4 charges"),
    "sparse rows": (lambda p: fn.charges(p).along(run_of(p, record_every=2)), "record_every=1"),
    "no run": (lambda p: fn.charges(p).along("run.h5"), "has to be a Trajectory"),
    "others' mechanics": (lambda p: fn.charges(p).along(run_of_others(p)), "those of Aristotle"),
    "every 0th": (lambda p: fn.charges(p).along(run_of(p), every=0), "every is 0"),
    "the metric forgotten": (
        lambda p: fn.charges(p).along(run_of(p, metric=fn.LayerMetric(p.network, [1.0, 2.0]))),
        "not those of the run",
    ),
    "the regulator forgotten": (
        lambda p: fn.charges(p).along(run_of(p + fn.Parabola(p.size))),
        "not those of the run",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(small("relu"))
