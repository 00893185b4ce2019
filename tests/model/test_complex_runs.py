"""Complex networks in motion: steps, threads, noise, exits, and what is measured of their runs."""

import numpy as np
import pytest
from complex_cases import made, normal
from tolerance import close

import flownet as fn
from flownet.model.network import in_reals


def test_breakdown_and_departure():
    """Terms of one sum, splits that add up, and a run's departure, all on complex parameters."""
    potential, _, W, _ = made("probabilities", sizes=(3, 5, 3), m=30)
    run = fn.train(potential, fn.Aristotle(0.3), W0=W, steps=30)
    b = fn.breakdown(run, at=3)
    assert b.linear + b.second + b.third + b.remainder == pytest.approx(b.actual, abs=1e-15)
    assert b.second_self + b.second_pairs == pytest.approx(b.second, rel=1e-12)
    assert b.third_self + b.third_two + b.third_triplets == pytest.approx(b.third, rel=1e-9)
    for basis in ("layers", "neurons", "eigen", "map"):
        assert str(b.split(basis))
    rod = fn.rod(run, at=4)
    assert np.abs(rod.centre_residual).max() <= rod.floor
    assert 0 < fn.departure(run).distance[-1] < 1
    flow = fn.flow(potential, W0=W, time=run.time[-1])
    fine = fn.train(potential, fn.Aristotle(0.003), W0=W, steps=3000, record_every=3000)
    assert flow.parameters[-1].dtype == np.complex128
    distance = np.abs(flow.parameters[-1] - fine.parameters[-1]).max()
    assert distance < 0.02 * np.abs(flow.parameters[-1] - run.parameters[-1]).max()


def test_steps_are_those_of_the_equation(tmp_path):
    """W − step·g^♯dL, by mini-batches and in a metric; stored, resumed bit for bit."""
    potential, _, W, _ = made("modrelu, widely linear", sizes=(3, 5, 2), m=17)
    metric = fn.LayerMetric(potential.network, [np.inf, 2.0])
    words = {"W0": W, "metric": metric, "batch_size": 5, "seed": 4}
    run = fn.train(potential, fn.Aristotle(0.1), steps=12, **words)
    for k in range(3):
        dL = run.potential_at(k).differential(run.parameters[k])[1]
        close(in_reals(run.parameters[k] - 0.1 * metric.sharp(dL)), in_reals(run.parameters[k + 1]))
    begin, end = potential.network.ranges[0]
    assert np.array_equal(run.parameters[-1][begin:end], W[begin:end])
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.1), steps=7, store=path, **words)
    again = fn.resume(path, steps=12)
    assert np.array_equal(again.parameters[:], run.parameters[:])
    opened = fn.Trajectory.open(path)
    assert opened.potential.network.widely_linear and opened.parameters.dtype == np.complex128


class Program:
    """A complex network's potential as a program of somebody's own: no kernel knows it."""

    network = data = None

    def __init__(self, potential):
        self.size, self.dtype = potential.size, potential.dtype
        self.value, self.differential = potential.value, potential.differential


@pytest.mark.parametrize(
    "mechanics",
    [
        fn.Aristotle(0.1, weight_decay=0.1),
        fn.Newton.from_momentum(0.05, 0.9),
        fn.Nesterov(0.05, 0.9),
        fn.RMSProp(0.01),
        fn.Adam(0.01),
        fn.Adam(0.01, moments="separate"),
        fn.AdamW(0.01),
        fn.Langevin(0.05, 1e-3),
        fn.ThierryMieg(0.02),
    ],
    ids=repr,
)
def test_compiled_steps_are_those_of_a_loop_in_python(mechanics):
    """Every mechanics moves a complex network in kernels as it moves any complex potential."""
    potential, _, W, _ = made("modrelu, widely linear", sizes=(3, 5, 2), m=9)
    ends = [
        fn.train(p, mechanics, W0=W, steps=15, seed=3).parameters[-1]
        for p in (potential, Program(potential))
    ]
    close(*map(in_reals, ends), kind="reference")


def test_threads_do_not_change_the_bits():
    """A network large enough for two threads."""
    net = fn.Network([100, 90, 10], "cardioid", dtype="complex64")
    random = np.random.default_rng(0)
    data = fn.Dataset(normal(random, 300, 100).astype(np.complex64), normal(random, 300, 10))
    potential = fn.Potential(net, fn.Quadratic(), data)
    ends = [
        fn.train(potential, fn.Aristotle(0.1), steps=3, threads=n).parameters[-1] for n in (1, None)
    ]
    assert np.array_equal(*ends)


def test_mini_batch_noise():
    """Trace and diagonal of the covariance against one gradient after another."""
    for name in ("modrelu, widely linear", "split_tanh"):
        potential, _, W, _ = made(name, sizes=(3, 5, 2), m=11)
        each = np.array([in_reals(potential.on([s]).differential(W)[1]) for s in range(11)])
        metric = fn.LayerMetric(potential.network, [1.0, 3.0])
        found = fn.noise(potential, W, 4, metric=metric)
        close(found.diagonal, each.var(axis=0))
        stiffness = np.repeat(
            [1.0, 3.0], [2 * (end - begin) for begin, end in potential.network.ranges]
        )
        assert found.trace == pytest.approx((each.var(axis=0) / stiffness).sum(), rel=1e-12)


def test_experiment_file(tmp_path):
    """A complex network in the words of a file."""
    text = """
[data]
name = "digits"
limit = 60
[network]
sizes = [64, 6, 10]
activation = "modrelu"
output = "abs2"
widely_linear = true
dtype = "complex64"
[loss]
kind = "cross-entropy"
[mechanics]
kind = "adam"
step = 0.01
[run]
steps = 5
"""
    (tmp_path / "complex.toml").write_text(text)
    experiment = fn.Experiment.load(tmp_path / "complex.toml")
    run = experiment.run(tmp_path / "complex.h5")
    assert run.parameters.dtype == np.complex64 and run.finished
    assert fn.Trajectory.open(tmp_path / "complex.h5").potential.network.output == "abs2"


def test_exits_of_a_complex_network():
    """Where run and flow end is told on the reals, and both ends have no slope."""
    potential, _, W, _ = made("split_tanh", m=6)
    found = fn.exits(potential + 0.05 * fn.Parabola(potential.size), W, step=0.3, steps=60)
    assert "same basin" in found.verdict and found.flow.W.shape == (2 * W.size,)
