"""What chance gives for a step's split, against Monte Carlo, and estimates by random probes."""

from itertools import product

import made
import naive
import numpy as np
import pytest
import twins
from scipy.stats import ortho_group
from tolerance import close

import flownet as fn
from flownet.linearization.splits._chance import flips, rotation_spread, rotations
from flownet.linearization.step import signs

# ---- chance --------------------------------------------------------------------------------------


def tensors(n, seed=0):
    """A random symmetric H and T, and a step."""
    rng = np.random.default_rng(seed)
    H, T = rng.normal(size=(n, n)), rng.normal(size=(n, n, n))
    T = (
        sum(
            np.transpose(T, axes)
            for axes in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        )
        + 2.0
    )
    return H + H.T + np.eye(n), T, rng.normal(size=n)


def test_means_over_random_bases_against_monte_carlo():
    """E of self, two and triplets over 20 000 rotations, within four standard errors."""
    H, T, x = tensors(4)
    second, third = x @ H @ x / 2, np.einsum("ijk,i,j,k", T, x, x, x) / 6
    expected = rotations(4, x @ x, second, third, np.trace(H), np.einsum("iik,k", T, x))
    Q = ortho_group(4, seed=1).rvs(20_000)
    y = np.einsum("nij,j->ni", Q, x)
    Hq = np.einsum("nia,nib,ab->ni", Q, Q, H)
    along = np.einsum("nia,nib,abc,c->ni", Q, Q, T, x)
    twist = np.einsum("nia,nib,nic,abc->ni", Q, Q, Q, T, optimize=True)
    P2, B, P1 = (Hq * y**2).sum(1), (along * y**2).sum(1), (twist * y**3).sum(1)
    for name, draws in (
        ("second_self", P2 / 2),
        ("second_pairs", second - P2 / 2),
        ("third_self", P1 / 6),
        ("third_two", (B - P1) / 2),
        ("third_triplets", third - P1 / 6 - (B - P1) / 2),
    ):
        error = draws.std() / np.sqrt(len(draws))
        assert abs(draws.mean() - getattr(expected, name)) < 4 * error, name


@pytest.mark.parametrize("n, rank", [(3, 3), (12, 1), (12, 4), (12, 12)])
def test_the_spread_over_random_bases_against_monte_carlo(n, rank):
    """The standard deviation of the self term over 20 000 rotations: 2 % is four of its errors."""
    rng = np.random.default_rng(rank)
    factor = rng.normal(size=(n, rank))
    H = factor @ factor.T - 0.3 * np.eye(n)
    x = factor[:, 0] + 0.3 * rng.normal(size=n)
    Q = ortho_group(n, seed=2).rvs(20_000)
    draws = 0.5 * (((Q @ H) * Q).sum(2) * (Q @ x) ** 2).sum(1)
    spread = rotation_spread(n, x @ x, x @ H @ x, np.trace(H), np.sum(H**2), np.sum((H @ x) ** 2))
    assert abs(spread / draws.std() - 1) < 0.02


def test_random_signs_keep_the_self_terms():
    """Over all 2^8 signs second order is the self terms in the mean, and third order 0."""
    potential = made.linear(np.arange(12.0).reshape(3, 4) / 10, np.ones((3, 2)))
    b = fn.breakdown(potential, np.linspace(0, 1, 8), 0.1)
    whole = np.array(
        [
            potential.jet(b.taken.W, signs * b.taken.delta, 2)[2]
            for signs in product((1, -1), repeat=8)
        ]
    )
    close(whole.mean(), b.second_self)
    found = flips(b.taken, 2000)
    error = whole.std() / np.sqrt(2000)
    assert abs(found.mean("second") - b.second_self) < 4 * error
    assert np.allclose(
        found.band("second"), np.percentile(whole, (5, 95)), rtol=0, atol=0.05 * np.ptp(whole)
    )


@pytest.mark.parametrize("outputs, most", [(1, 4), (4, 100)])
def test_draws_that_are_alike_or_opposite_are_one_line(outputs, most, monkeypatch):
    """To the bit what each draw gives by itself; of three parameters there are four lines."""
    potential = made.linear(np.arange(6.0).reshape(2, 3), np.ones((2, outputs)))
    taken = fn.breakdown(potential, np.linspace(0, 1, potential.size), 0.1).taken
    steps = [signs(5, draw, potential.size) * taken.delta for draw in range(100)]
    alone = np.array([potential.jet(taken.W, V, 3) for V in steps])
    seen, jet = [], fn.Potential.jet
    monkeypatch.setattr(fn.Potential, "jet", lambda *a: seen.append(a) or jet(*a))
    found = flips(taken, 100, seed=5)
    np.testing.assert_array_equal(found.second, alone[:, 2])
    np.testing.assert_array_equal(found.third, alone[:, 3])
    assert 1 < len(seen) <= most


# ---- estimates -----------------------------------------------------------------------------------


def test_estimates_from_random_probes_are_unbiased():
    """Within four standard errors of the exact sums, and they say that they are estimates."""
    case = twins.case(61_000, [2, 2, 2, 2], ["sigmoid", "sin"], "cross-entropy", temperature=0.7)
    W, V = twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=0.5 * V)
    exact, found = b.split("parameters"), b.split("parameters", exact=False, draws=2000, seed=3)
    assert not found.exact and found.draws == 2000
    for name, error in found.error.items():
        assert 0 < abs(getattr(found, name) - getattr(exact, name)) < 4 * error, name
    coarse = b.split("parameters", exact=False, draws=125, seed=4)
    assert 2 < coarse.error["third_self"] / found.error["third_self"] < 8


def test_a_full_sample_metric_is_split_by_estimates():
    """No exact diagonal there: the split says so, and agrees with the dense Hessian."""
    case = twins.case(63_000, [2, 3, 2], ["tanh"], "quadratic", Gamma=twins.positive(63_100, 7))
    W, V = twins.point(case)
    split = fn.breakdown(twins.potential(case), W, displacement=V).split("parameters", draws=500)
    exact = V**2 @ np.diag(naive.hessian(twins.problem(case), W)) / 2
    assert not split.exact and "estimated from 500 random probes" in str(split)
    assert abs(split.second_self - exact) < 4 * split.error["second_self"]
