"""What of a `CustomPotential` is refused, what it lacks, and derivatives of it that are wrong."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from numba import njit
from own_well import W0, own, well

import flownet as fn

MISTAKES = {
    "size is 2.5": lambda: own(well, size=2.5),
    "differential is 'well'": lambda: own("well"),
    "jet is 3": lambda: own(well, jet=3),
    "did you mean 'complex-step'": lambda: own(well, method="complexstep"),
    "length is 0": lambda: own(well, length=0),
    "name is ''": lambda: own(well, name=""),
    "dtype is 'int8'": lambda: own(well, dtype="int8"),
    "one of real parameters": lambda: own(well, dtype="complex64", method="complex-step"),
    "^CustomPotential: its differential gives 1.0;": lambda: at(lambda W: 1.0),
    "which is no real number": lambda: at(lambda W: (W, W)),
    r"a vector of shape \(2,\)": lambda: at(lambda W: (1.0, W[1:])),
    "gives complex128": lambda: at(lambda W: (1.0, 1j * W)),
    r"W has shape \(2,\)": lambda: own(well).differential(W0[1:]),
    "W is complex": lambda: own(well).differential(1j * W0),
    "of real numbers, not of complex64": lambda: own(well).with_dtype("complex64"),
    "cannot be compiled for W of float64": lambda: at(njit(lambda W: W.nothing)),
    "to return L": lambda: at(njit(lambda W: 1.0)),
    "changes the W that it is given": lambda: at(njit(greedy)),
}


def at(function):
    return own(function).differential(W0)


def greedy(W):
    W[0] += 1
    return 0.5 * np.sum(W * W), 1 * W


@pytest.mark.parametrize("words", MISTAKES)
def test_what_is_wrong_is_said_in_one_line(words):
    with told_in_one_line(words):
        MISTAKES[words]()


LACKING = {
    "no layers and neurons": lambda p: fn.breakdown(p, W0, 0.1).split("neurons"),
    "hence no layers": lambda p: fn.breakdown(p, W0, 0.1).split("layers"),
    "offers no linearized_jet": lambda p: fn.breakdown(p, W0, 0.1).split("map"),
    "known up to order 3: give jet=": lambda p: p.jet(W0, W0, 4),
    "pass W0": lambda p: fn.train(p, fn.Aristotle(0.1), steps=1),
    "a potential with data": lambda p: fn.noise(p, W0, 4),
    "batch_size needs": lambda p: fn.train(p, fn.Aristotle(0.1), W0=W0, steps=1, batch_size=2),
    "is not analytic in W": lambda p: own(
        lambda W: (1.0, abs(W)), method="complex-step"
    ).hessian_action(-W0, W0),
    "takes no complex W": lambda p: own(
        njit(lambda W: (1.0, np.floor(W))), method="complex-step"
    ).jet(W0, W0),
    "its hessian_action gives": lambda p: own(
        well, hessian_action=lambda W, V: V[1:]
    ).hessian_action(W0, W0),
    "its jet gives": lambda p: own(well, jet=lambda W, V, order: [1.0]).jet(W0, W0, 2),
}


@pytest.mark.parametrize("words", LACKING)
def test_what_it_lacks_is_said_in_one_line(words):
    with told_in_one_line(words):
        LACKING[words](own(well, name="my well"))


def test_it_has_no_charges():
    assert "no charges of my well" in str(fn.charges(own(well, name="my well")))


def test_a_given_value_and_jet_are_taken():
    p = own(
        well,
        value=lambda W: well(W)[0],
        jet=lambda W, V, order: fn.DoubleWell(3).jet(W, V, order),
        name="exact",
    )
    assert p.value(W0) == fn.DoubleWell(3).value(W0)
    assert np.isinf(fn.breakdown(p, W0, 0.1, order=4).radius().estimate)
    fn.testing.check_potential(p, W0)


def test_a_wrong_derivative_is_found():
    for given in (
        {"hessian_action": lambda W, V: V},
        {"third_action": lambda W, V: V},
        {"jet": lambda W, V, order: fn.DoubleWell(3).jet(W, 1.01 * V, order)},
        {"value": lambda W: 1.0},
    ):
        with pytest.raises(AssertionError):
            fn.testing.check_potential(own(well, **given), W0)
