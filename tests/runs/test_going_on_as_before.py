"""Going on with a run as if it had never stopped, and with more to observe."""

import numpy as np
import pytest
from cases_of_runs import W0
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

MECHANICS = {
    "aristotle": fn.Aristotle(0.1),
    "leapfrog": fn.Newton(0.1, integrator="leapfrog"),
    "adam": fn.Adam(0.01),
    "langevin": fn.Langevin(0.1, 0.01),
    "runge-kutta": fn.RungeKutta(),
    "cosine": fn.Aristotle("cosine:0.1:100"),
}


@pytest.mark.parametrize("name", MECHANICS)
def test_the_same_mechanics_go_on_as_if_never_stopped(name, small, store):
    """Every bit of every quantity, with observables that remember."""
    given = dict(W0=W0, record_every=3, observe={"length": (7, fn.PathLength())}, seed=4)
    if name != "runge-kutta":
        given["batch_size"] = 5
    run = fn.train(small, MECHANICS[name], steps=40, store=store, **given)
    run = fn.go_on(run, more=20, mechanics=MECHANICS[name])
    run = fn.go_on(run, steps=80)
    whole = fn.train(small, MECHANICS[name], steps=80, **given)
    assert run.finished and len(run.parts) == 1
    for quantity in whole.store.names:
        for mine, other in zip(run.store.read(quantity), whole.store.read(quantity)):
            np.testing.assert_array_equal(mine, other, err_msg=quantity)


# ---- more to observe ----------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "file"])
def test_a_run_goes_on_with_more_to_observe(stored, small, tmp_path):
    """From there on, beside what it observed; killed and resumed, the same numbers."""
    store, before = (tmp_path / "run.h5" if stored else None), {"L": (2, small)}
    whole = fn.train(small, fn.Adam(0.05), W0=W0, steps=30, observe=before)
    seen = [float(np.abs(W).max()) for W in whole.parameters[:]]
    more = {
        "size": (3, lambda state: float(np.abs(state.W).max())),
        "path": (1, fn.PathLength()),
        "W": (10, lambda state: state.W),
    }
    run = fn.train(small, fn.Adam(0.05), W0=W0, steps=10, observe=before, store=store)
    run = fn.go_on(store or run, more=10, observe=more)
    assert len(run.parts) == 1
    functions = {name: more[name][1] for name in ("size", "W")}
    run = fn.resume(store or run, steps=30, observe=functions)
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(run.observables["L"].value, whole.observables["L"].value)
    run = run if store is None else fn.Trajectory.open(store)
    size, path, W = (run.observables[name] for name in more)
    np.testing.assert_array_equal(size.iteration, [*range(12, 31, 3)])
    np.testing.assert_array_equal(size.value, [seen[k] for k in range(12, 31, 3)])
    steps = np.linalg.norm(np.diff(whole.parameters[:], axis=0), axis=1)
    np.testing.assert_array_equal(path.iteration, np.arange(10, 31))
    close(path.value, np.concatenate([[0.0], np.cumsum(steps[10:])]))
    np.testing.assert_array_equal(W.value, whole.parameters[[10, 20, 30]])
    assert set(run.experiment["observe"]) == {"L", *more}


def test_what_is_observed_already_keeps_its_name(small):
    run = fn.train(small, fn.Adam(0.05), W0=W0, steps=4, observe={"L": (2, small)})
    for name in ("L", "loss"):
        with told_in_one_line(f"{name!r}"):
            fn.go_on(run, more=2, observe={name: (1, small)})
    with told_in_one_line("it has to be a pair"):
        fn.go_on(run, more=2, observe={"new": small})
    with told_in_one_line("observe is 3; it has to be a dictionary"):
        fn.go_on(run, more=2, observe=3)
