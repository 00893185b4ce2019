"""Meters of a nudge say what they measure, of every system that has them."""

import numpy as np
import pytest
from moving_systems import path as moving_path
from nudged_systems import FILE, experiment, system
from test_complex_states import setting as of_complex
from test_dynamics import setting as without_energy
from test_resistive import setting as resistive

import flownet as fn
from flownet.equilibrium._meters import PARTS

M = 9


def test_meters_say_what_they_measure():
    potential, W = system("tanh", nudge=0.05)
    found, made, x = potential.meters(W), potential.system, potential.phases.x
    s, h, low = np.concatenate(potential.relax(W), axis=1), 1e-6, []
    for i in range(M):
        sides = [
            [
                made.slope(W, x[i : i + 1], s[i : i + 1] + side * h * e)[0]
                for e in np.eye(s.shape[1])
            ]
            for side in (1, -1)
        ]
        H = (np.array(sides[0]) - np.array(sides[1])) / (2 * h)
        low.append(np.linalg.eigvalsh((H + H.T) / 2)[0])
    assert found.softness == pytest.approx(min(low), rel=1e-2)
    assert found.bias == pytest.approx(
        np.linalg.norm(potential.bias(W, 8).sum(axis=0)) / np.linalg.norm(potential.exact(W)[1]),
        rel=1e-6,
    )
    assert found.curl < 1e-6 < potential.changed(fixed=True, nudged_sweeps=2).meters(W).curl
    assert found.kink == np.inf
    assert "curl" in str(found)


def test_first_kink_is_where_frozen_force_stops_to_be_exact():
    potential, W = resistive("ideal", force="frozen")
    exact, kink = potential.exact(W)[1], potential.meters(W).kink
    below, beyond = (
        np.abs(potential.changed(nudge=factor * kink).differential(W)[1] - exact).max()
        for factor in (0.99, 1.2)
    )
    assert below < 1e-10 < 1e-6 < beyond


def others():
    """Systems whose states have no series, or no energy; what of the meters they have."""
    path, W = moving_path("neural")
    yield path, W, {"radius"}
    spiral, W = without_energy()
    yield spiral, W, {"radius", "softness", "kink"}
    states, W = of_complex()
    yield states, W, {"radius"}


def test_meters_of_other_systems():
    for potential, W, missing in others():
        found, dL = potential.meters(W), potential.exact(W)[1]
        assert {part for part in PARTS if np.isnan(getattr(found, part))} == missing
        off_by = np.linalg.norm(potential.differential(W)[1] - dL) / np.linalg.norm(dL)
        assert found.bias == pytest.approx(off_by, rel=1e-12)
        if potential.system.conservative:
            assert found.curl < 1e-6
            s = free(potential, W)
            H = [dense_curvature(potential, W, i, s) for i in range(len(s))]
            ends = np.concatenate([np.linalg.eigvalsh(each) for each in H])
            assert found.softness == pytest.approx(ends[np.abs(ends).argmin()], rel=0.1)


def free(potential, W):
    with potential.phases.at(W) as at:
        return np.array(at.free)


def dense_curvature(potential, W, i, s):
    x, one = potential.phases.x[i : i + 1], s[i : i + 1]
    curvature = potential.system.curvature
    H = np.array([curvature(W, x, one, e[None])[0] for e in np.eye(s.shape[1])])
    return (H + H.T) / 2


def test_a_run_records_its_states_and_its_meters(tmp_path):
    """As an experiment file asks for them, and a resumed run to the same bits."""
    text = FILE.replace("steps = 30", "steps = 12") + "\n".join(
        f'[observe.{name}]\nkind = "{kind}"\nevery = 3'
        for name, kind in (("s", "free-states"), ("m", "nudge-meters"))
    )
    run = experiment(tmp_path, text).run(tmp_path / "run.h5")
    on = fn.resume(tmp_path / "run.h5", steps=30)
    whole = experiment(tmp_path, text.replace("steps = 12", "steps = 30")).run()
    assert len(run.observables["s"].value) == 5
    for name in ("s", "m"):
        assert np.array_equal(on.observables[name].value, whole.observables[name].value)
    potential, k = whole.potential, 15
    s, m = (whole.observables[name] for name in ("s", "m"))
    at, W = list(s.iteration).index(k), whole.parameters[k]
    assert np.array_equal(s.value[at], np.concatenate(potential.relax(W), axis=1))
    assert m.value[at].tolist() == [getattr(potential.meters(W), part) for part in PARTS]
