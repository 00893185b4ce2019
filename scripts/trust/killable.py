"""Work of a second or so, of every kind, that may be killed at any moment."""

import os

import numpy as np
from story import Story, nothing

import flownet as fn
from flownet.motion import _recorder
from flownet.motion.flow import _run

_QUIET = {"progress": False}


def write_now_and_then():
    """A checkpoint every few hundredths of a second: many of them in a run of a second."""
    _recorder.CHECKPOINT_SECONDS = _run.CHECKPOINT_SECONDS = 0.02


MECHANICS = {
    "aristotle": fn.Aristotle(0.05, weight_decay=0.02),
    "newton": fn.Newton(0.05, mass=0.8, friction=0.7),
    "newton leapfrog": fn.Newton(0.05, friction=0.1, integrator="leapfrog", temperature=0.02),
    "momentum": fn.Newton.from_momentum(0.05, 0.9),
    "nesterov": fn.Nesterov(0.05, 0.8),
    "rmsprop": fn.RMSProp(0.001, centered=True, epsilon=0.1, momentum=0.7),
    "adam": fn.Adam(0.001),
    "adamw": fn.AdamW(0.001, weight_decay=0.1),
    "thierry-mieg": fn.ThierryMieg(0.01, mass=0.02, memory1=0.8, memory2=0.9),
    "langevin": fn.Langevin(0.05, temperature=0.01),
    "sam": fn.SAM(fn.Aristotle(0.05), 0.05),
    "cosine": fn.Aristotle("cosine:0.1:9000"),
    "runge-kutta": fn.RungeKutta(1e-3),
}
_ONE = {"threads": 1, **_QUIET}  # a process is forked from one that has no other threads


def _problem(dtype="float64", activation="tanh"):
    if dtype.startswith("complex"):
        net = fn.Network([3, 2, 1], "split_tanh", output="real", dtype=dtype)
        return fn.Potential(net, fn.Quadratic(), fn.data.load("antenna", m=16, antennas=3))
    net = fn.Network([4, 5, 3], activation, dtype=dtype)
    return fn.Potential(net, fn.CrossEntropy(), fn.data.load("iris"))


def _restarting(start):
    """A story of work that begins anew where there is no file yet."""

    def begun(path):
        if os.path.exists(path):
            fn.resume(path, **_ONE).close()
        else:
            start(path)

    return Story(nothing, start, begun, may_lack=True)


def _run_of(mechanics, dtype="float64", steps=4000, **words):
    potential = _problem(dtype)
    batch = None if isinstance(mechanics, fn.RungeKutta) else 32
    batch = 5 if batch and dtype.startswith("complex") else batch
    steps = 600 if batch is None else steps
    observed = {"length": (70, fn.PathLength()), "whole": (500, potential)}
    given = {"steps": steps, "seed": 3, "record_every": 3, "batch_size": batch, **_ONE}
    given |= {"observe": observed, **words}
    return lambda path, **more: fn.train(potential, mechanics, store=path, **given, **more).close()


def _flow_of(dtype="float64", activation="tanh", **words):
    potential = _problem(dtype, activation)
    W0 = potential.network.init(2)
    return lambda path: fn.flow(potential, W0=W0, store=path, **_ONE, **words).close()


def _sweep(path):
    experiment = fn.Experiment.of(_problem(), fn.Adam(0.01), steps=300, batch_size=32)
    axes = {"mechanics.step": np.geomspace(1e-3, 1.0, 12), "run.seed": range(4)}
    keep = {"curve": 5, "parameters": True}
    fn.sweep(experiment, axes=axes, keep=keep, store=path, **_ONE)


def _sweep_begun(path):
    if os.path.exists(path):
        fn.Sweep.open(path).resume(threads=1, progress=False)
    else:
        _sweep(path)


_short = _run_of(MECHANICS["adam"], steps=1500)
_dense = _run_of(MECHANICS["adam"], steps=1500, record_every=1)


_slow = _run_of(fn.Aristotle(0.05), steps=300, batch_size=None, record_every=1)


def _stopped(path):
    """A run that Ctrl-C has stopped."""

    def stop(state):
        if state.iteration == 1500:
            raise KeyboardInterrupt
        return 0.0

    try:
        _run_of(MECHANICS["adam"], observe={"x": (1500, stop)})(path)
    except KeyboardInterrupt:
        return
    raise AssertionError("the run was to be stopped")


def _goes_on(path):
    fn.resume(path, observe={"x": lambda state: 0.0}, **_ONE).close()


def _made_longer(path):
    fn.resume(path, steps=4000, **_ONE).close()


def _gone_on(path):
    """Go on in another way, or with that way where it was taken already."""
    if len(fn.Trajectory.open(path).parts) > 1:
        fn.resume(path, **_ONE).close()
    else:
        fn.go_on(path, steps=4000, mechanics=fn.Aristotle(0.05), **_ONE).close()


def _departure(path):
    fn.departure(fn.Trajectory.open(path), every=100, keep=True, **_QUIET)


def _breakdown(path):
    fn.breakdown(fn.Trajectory.open(path), every=10, keep=True, **_QUIET)


def _replaced(path):
    """The old run stays until the new one is there, of which the file is then."""
    if fn.Trajectory.open(path).experiment["mechanics"]["kind"] == "adam":
        _run_of(fn.Aristotle(0.05))(path, overwrite=True)
    else:
        fn.resume(path, **_ONE).close()


def cases_of_kills():
    """Name to `Story` of all work that is killed."""
    found = {name: _restarting(_run_of(mechanics)) for name, mechanics in MECHANICS.items()}
    for dtype in ("float32", "complex64", "complex128"):
        for name in ("aristotle", "newton leapfrog", "adam", "langevin"):
            found[f"{name}, {dtype}"] = _restarting(_run_of(MECHANICS[name], dtype))
    for moments in ("modulus", "separate"):
        words = fn.Adam(0.001, moments=moments), "complex128"
        found[f"adam, {moments} moments"] = _restarting(_run_of(*words))
    found |= {
        "flow": _restarting(_flow_of(time=400.0)),
        "flow, rows asked for": _restarting(_flow_of(time=400.0, at=np.linspace(0, 400, 3000))),
        "flow, complex": _restarting(_flow_of("complex128", time=200.0)),
        "flow, kinks": _restarting(_flow_of(activation="relu", time=10.0)),
        "flow of newton": _restarting(_flow_of(time=100.0, mechanics=fn.Newton(0.1))),
        "sweep": Story(nothing, _sweep, _sweep_begun, may_lack=True),
        "resume": Story(_stopped, _goes_on, _goes_on),
        "made longer": Story(_short, _made_longer, _made_longer),
        "made longer in place": Story(_short, _made_longer, _made_longer, large=1),
        "in another way": Story(_short, _gone_on, _gone_on),
        "in another way, in place": Story(_short, _gone_on, _gone_on, large=1),
        "breakdown kept": Story(_dense, _breakdown, _breakdown),
        "breakdown kept beside": Story(_dense, _breakdown, _breakdown, large=1),
        "departure kept": Story(_slow, _departure, _departure),
        "in place of another": Story(_short, _replaced, _replaced),
    }
    return found
