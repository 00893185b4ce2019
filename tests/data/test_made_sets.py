"""Sets that are made: XOR of p values, spirals and a teacher, each by its equation."""

import numpy as np
import pytest
from basics_of_data import refused

from flownet import data
from flownet.data import load
from flownet.data._elementary import cos_sin_turns, tanh


@pytest.mark.parametrize("p", [2, 3, 7])
def test_xor_of_p_values(p):
    d = load("xor-p", p=p)
    assert d.x.shape == (p * p, 2 * p) and d.y.shape == (p * p, p)
    assert (d.x[:, :p].sum(axis=1) == 1).all() and (d.x[:, p:].sum(axis=1) == 1).all()
    a, b = d.x[:, :p].argmax(axis=1), d.x[:, p:].argmax(axis=1)
    assert (a * p + b == np.arange(p * p)).all()
    assert (d.labels == [(i - j) % p for i, j in zip(a, b)]).all()
    assert (d.y.argmax(axis=1) == d.labels).all()
    if p == 2:
        assert (d.labels == (a != b)).all()
    assert data.from_table(d.describe()).sha256 == d.sha256


def test_elementary_functions():
    z = np.concatenate([np.linspace(-30, 30, 10_001), [0.0, 1e-300, 1e300]])
    np.testing.assert_allclose(tanh(z), np.tanh(z), rtol=0, atol=5e-16)
    u = np.linspace(-1, 1, 10_001)
    cosine, sine = cos_sin_turns(u)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * u), rtol=0, atol=2e-15)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * u), rtol=0, atol=2e-15)
    exact = cos_sin_turns(np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    assert np.array(exact).T.tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]]


def test_spiral():
    d = data.spiral(m=300, classes=3, turns=1.5, seed=4)
    radius, angle = np.hypot(*d.x.T), np.arctan2(d.x[:, 1], d.x[:, 0]) / (2 * np.pi)
    assert d.y.shape == (300, 3) and np.bincount(d.labels).tolist() == [100, 100, 100]
    assert radius.max() < 1
    arm = angle - 1.5 * radius - d.labels / 3
    np.testing.assert_allclose(arm, np.rint(arm), atol=1e-12)


def test_spiral_noise_blurs_and_keeps_the_arms():
    blur = data.spiral(m=2000, noise=0.1).x - data.spiral(m=2000).x
    np.testing.assert_allclose(blur.std(axis=0), 0.1, rtol=0.1)


def test_more_samples_leave_the_first():
    np.testing.assert_array_equal(data.spiral(m=50, noise=0.1).x, data.spiral(noise=0.1).x[:50])
    np.testing.assert_array_equal(data.teacher(m=50).y, data.teacher().y[:50])


def test_teacher_is_its_equation():
    draw = data._made._normals
    W, b, U = draw(3, "weights", 7, 5), draw(3, "bias", 1, 7), draw(3, "readout", 2, 7)
    d = data.teacher(m=40, n_in=5, n_out=2, hidden=7, seed=3)
    y = np.tanh(d.x @ W.T / np.sqrt(5) + b) @ U.T / np.sqrt(7)
    assert d.x.shape == (40, 5)
    np.testing.assert_allclose(d.y, y, rtol=1e-13, atol=1e-14)


def test_teacher_split_asks_the_same_teacher():
    train, test = load("teacher", m=500, n_in=1), load("teacher", m=500, n_in=1, split="test")
    assert not np.intersect1d(train.x, test.x).size
    order = np.argsort(train.x[:, 0])
    answer = np.interp(test.x[:, 0], train.x[order, 0], train.y[order, 0])
    assert np.median(np.abs(answer - test.y[:, 0])) < 1e-3


def test_teacher_noise():
    noise = data.teacher(noise=0.3).y - data.teacher().y
    assert abs(noise.std() - 0.3) < 0.03


def test_seeds_differ():
    assert data.spiral(seed=1).sha256 != data.spiral().sha256
    assert data.teacher(seed=1).sha256 != data.teacher().sha256


@pytest.mark.parametrize(
    "name, option, line",
    [
        ("spiral", {"classes": 1}, "classes must be a whole number from 2 up, not 1"),
        ("spiral", {"m": 2, "classes": 3}, "m must be a whole number from 3 up, not 2"),
        ("spiral", {"noise": -0.1}, "noise must be a number from 0 up, not -0.1"),
        ("spiral", {"noise": float("nan")}, "noise must be a number"),
        ("spiral", {"turns": 0}, "turns must be a number above 0, not 0"),
        ("spiral", {"seed": 1.5}, "seed must be a whole number from 0 up, not 1.5"),
        ("teacher", {"m": 0}, "m must be a whole number from 1 up, not 0"),
        ("teacher", {"hidden": "many"}, "hidden must be a whole number"),
        ("teacher", {"noise": "loud"}, "noise must be a number"),
    ],
)
def test_made_set_mistakes(name, option, line):
    refused(line, load, name, **option)
