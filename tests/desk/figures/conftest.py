"""Runs, real, complex and of mini-batches, what is measured of them, and every figure of them."""

import numpy as np
import pytest
from drawings import landscapes, of_a_complex_run, sweeps

import flownet as fn
from flownet.desk.report import _measured

STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


@pytest.fixture(scope="session")
def complex_parts():
    """A complex 3-4-2 cardioid run, observed, and its flow at its times."""
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 3)) + 1j * random.normal(size=(20, 3))
    data = fn.Dataset(x, (np.abs(x.sum(axis=1)) > 2).astype(int))
    network = fn.Network([3, 4, 2], "cardioid", output="abs2", dtype="complex128")
    potential = fn.Potential(network, fn.CrossEntropy(), data)
    W0 = network.init(seed=0)
    observed = {"speed": (2, fn.Speed(potential)), "again": (6, potential)}
    run = fn.train(potential, fn.Aristotle(0.5), W0=W0, steps=24, observe=observed)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], at=run.time, rtol=1e-6)


@pytest.fixture(scope="session")
def real_runs(xor):
    """Runs of a relu network at six steps, all to t = 24, and the flow of the last."""
    potential = fn.Potential(fn.Network([2, 4, 1], "relu"), fn.Quadratic(), xor)
    W0 = potential.network.init(seed=3)
    runs = {
        f"step {step:g}": fn.train(
            potential,
            fn.Aristotle(step),
            W0=W0,
            steps=round(24 / step),
            observe={"speed": (4, fn.Speed(potential)), "again": (9, potential)},
        )
        for step in STEPS
    }
    return runs, fn.flow(potential, W0=W0, time=2.0, rtol=1e-6)


@pytest.fixture(scope="session")
def batched(digits_potential):
    """Three runs of mini-batches."""
    return {
        name: fn.train(digits_potential, mechanics, steps=90, batch_size=32)
        for name, mechanics in (
            ("plain", fn.Aristotle(0.3)),
            ("momentum", fn.Newton.from_momentum(0.1, 0.9)),
            ("Adam", fn.Adam(0.01)),
        )
    }


@pytest.fixture(scope="session")
def measured(complex_parts):
    """What a report tells of the complex run."""
    return _measured.measure(complex_parts[0])


@pytest.fixture(scope="session")
def figures(complex_parts, real_runs, batched, measured, xor):
    """Name to a function that draws it, with the place as keywords."""
    runs, real_flow = real_runs
    one = runs["step 0.6"]
    found = _measured.measure(one)
    settled = fn.bifurcation(fn.DoubleWell(), np.linspace(1.8, 4.1, 90), W0=[0.3])
    system = fn.Hopfield([2, 6, 5, 1], "tanh")
    relaxed = fn.Equilibrium(system, fn.Quadratic(), fn.data.load("xor"), nudge=0.1)
    learnt = fn.train(relaxed, fn.Aristotle(0.2), W0=system.init(0), steps=12)
    nudged = _measured.measure(learnt)
    increments = fn.gdu(relaxed, system.init(0), steps=12)
    return {
        "loss": lambda **place: fn.plot.loss(one, **place),
        "loss of mini-batches": lambda **place: fn.plot.loss(batched["Adam"], **place),
        "curves of one run": lambda **place: fn.plot.curves(one, **place),
        "curves of six": lambda **place: fn.plot.curves(runs, x="iteration", **place),
        "curves of mini-batches": lambda **place: fn.plot.curves(batched, x="epoch", **place),
        "curves of an observable": lambda **place: fn.plot.curves(runs, y="speed", **place),
        "breakdown": lambda **place: fn.plot.breakdown(one, **place),
        "comparison": lambda **place: fn.plot.comparison(runs, **place),
        "report": lambda **place: fn.plot.report(one, found, **place),
        "report of a physical system": lambda **place: fn.plot.report(learnt, nudged, **place),
        "flows": lambda **place: fn.plot.flows(one, real_flow, resolution=21, **place),
        "bifurcation": lambda **place: fn.plot.bifurcation(settled, **place),
        "gdu": lambda **place: fn.plot.gdu(increments, **place),
        **of_a_complex_run(*complex_parts, measured),
        **landscapes(xor),
        **{
            f"sweep {what}": lambda found=found, y=y, **place: fn.plot.sweep(found, y=y, **place)
            for what, found, y in sweeps(xor)
        },
    }
