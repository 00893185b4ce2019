"""Predictions of a posterior: their covariance, and classes far from the data."""

import numpy as np
import pytest
from exact_evidence import ALPHA, SIGMA, linear
from tolerance import close

import flownet as fn
from flownet.linearization.evidence import _predictive


@pytest.mark.parametrize("way", ["direct", "dual", "conjugate gradients"])
def test_predictive_covariance_is_that_of_the_posterior(way, monkeypatch):
    potential, W, _ = linear(**({} if way == "direct" else {"m": 6, "n_in": 9, "n_out": 2}))
    if way == "conjugate gradients":
        monkeypatch.setattr(_predictive, "EXACT", 3)
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA)
    net, x = potential.network, np.random.default_rng(5).normal(size=(3, potential.data.x.shape[1]))
    J = np.stack([net.pushforward(W, x, V) for V in np.eye(net.size)], axis=-1)  # (3, n_out, D)
    A = found.samples / SIGMA**2 * potential.hessian_action(W, np.eye(net.size))
    A = A + ALPHA * np.eye(net.size)
    expected = np.einsum("sai,ij,sbj->sab", J, np.linalg.inv(A), J)
    told = found.predictive(x)
    np.testing.assert_allclose(told.covariance, expected, rtol=1e-9, atol=1e-12)
    close(told.mean, net.forward(W, x))
    variance = np.diagonal(expected, axis1=1, axis2=2) + SIGMA**2
    np.testing.assert_allclose(told.deviation, np.sqrt(variance), rtol=1e-9)


def test_classes_far_from_the_data_are_less_certain():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 0.4, (30, 1)), rng.normal(1, 0.4, (30, 1))])
    net = fn.Network([1, 2])
    data = fn.Dataset(x, np.repeat([0, 1], 30), classes=2)
    potential = fn.Potential(net, fn.CrossEntropy(), data)
    top = fn.minimum(potential + 1 / 60 * fn.Parabola(net.size), net.init(0), progress=False)
    told = fn.evidence(potential, top, prior=1.0).predictive([[0.0], [3.0], [300.0]])
    assert told.noise is None
    close(told.p_hat.sum(axis=1), np.ones(3))
    plain = fn.CrossEntropy().p_hat(told.mean)
    assert told.p_hat[2].min() > 1e-4 > plain[2].min()
