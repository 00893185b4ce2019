"""Every figure of `flownet.plot` by its name, and those of a complex run, landscapes and sweeps."""

import numpy as np
import pytest

import flownet as fn

SWEPT = ("convergence", "verdict", "failure", "loss")
NAMES = (
    "loss",
    "loss of a complex run",
    "loss of mini-batches",
    "curves of one run",
    "curves of six",
    "curves of mini-batches",
    "curves of an observable",
    "breakdown",
    "breakdown of a complex run",
    "comparison",
    "report",
    "report of a complex run",
    "report of a physical system",
    "flows",
    "flows of a complex run",
    "five paths",
    "bifurcation",
    "gdu",
    "band",
    "curve",
    "connectedness",
    "census",
    "running",
    "sweep over steps and seeds",
    *(f"sweep over two: {y}" for y in SWEPT),
)
every_figure = pytest.mark.parametrize("name", NAMES)


def of_a_complex_run(run, flow, measured):
    """Figures of a complex run, of what is measured of it, and of its flow."""
    flows = {f"flow {i}": flow for i in range(4)}
    return {
        "loss of a complex run": lambda **place: fn.plot.loss(run, **place),
        "breakdown of a complex run": lambda **place: fn.plot.breakdown(run, **place),
        "report of a complex run": lambda **place: fn.plot.report(run, measured, **place),
        "flows of a complex run": lambda **place: fn.plot.flows(run, flow, resolution=9, **place),
        "five paths": lambda **place: fn.plot.flows(run, flows, resolution=9, **place),
    }


def landscapes(xor):
    """Paths between minima of a double well, its critical points, and evidence of a network."""
    potential, ends = fn.DoubleWell(2), (-np.ones(2), np.ones(2))
    chain = fn.band(potential, *ends, progress=False)
    bent = {kind: fn.curve(potential, *ends, kind=kind, steps=5) for kind in ("bezier", "chain")}
    corners = [np.array(signs) for signs in ((-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))]
    joined = fn.connectedness(potential, corners, bands=1, progress=False)
    points = fn.census(potential, 20, progress=False)
    network = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), xor)
    W = fn.minimum(network + 0.01 * fn.Parabola(network.size), network.network.init(1)).W
    known = fn.evidence(network, W, prior=0.1, noise=0.3, curvature="gauss-newton").running()
    return {
        "band": lambda **place: fn.plot.band(chain, **place),
        "curve": lambda **place: fn.plot.curve(bent, **place),
        "connectedness": lambda **place: fn.plot.connectedness(joined, **place),
        "census": lambda **place: fn.plot.census(points, **place),
        "running": lambda **place: fn.plot.running(known, **place),
    }


def sweeps(xor):
    """Words, a sweep over one axis or two, and what is drawn of it."""
    potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), xor)
    experiment = fn.Experiment.of(potential, fn.Aristotle(1.0), steps=25)
    axes = {"mechanics.step": np.geomspace(0.1, 100, 7), "run.seed": range(3)}
    yield "over steps and seeds", fn.sweep(experiment, axes=axes), None
    axes = {f"metric.stiffness.{i}": np.geomspace(10, 1e-3, 7) for i in (0, 1)}
    found = fn.sweep(experiment, axes=axes, keep={"failure": 5, "convergence": True})
    yield from ((f"over two: {y}", found, y) for y in SWEPT)
