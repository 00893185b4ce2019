"""Physical systems in experiment files, tables and sweeps; their outputs at rest."""

import numpy as np
import pytest
from nudged_systems import FILE, experiment

import flownet as fn


def test_experiment_file_runs_and_its_run_says_all_that_a_resume_needs(tmp_path, holds):
    made = experiment(tmp_path)
    whole = made.run()
    path = tmp_path / "run.h5"
    experiment(tmp_path, FILE.replace("steps = 30", "steps = 12")).run(path)
    on = fn.resume(path, steps=30)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(on.parameters[-1] != whole.parameters[-1]),
        0,
    )
    again = fn.Trajectory.open(path).potential
    assert again.parameters() == made.parts()[0].parameters()
    with pytest.raises(fn.FlownetError, match=r"nudge is 0\.2 instead of 0\.1"):
        fn.resume(path, potential=again.changed(nudge=0.2))


@pytest.mark.parametrize("kind", ["hopfield", "resistive"])
def test_tables_of_a_potential_make_it_again(kind):
    system = {"hopfield": fn.Hopfield([2, 5, 1]), "resistive": fn.Resistive([2, 5, 1], gain=3.0)}
    potential = fn.Equilibrium(
        system[kind], fn.Quadratic(), fn.data.load("xor"), nudge=1e-3, estimator="richardson"
    )
    made = fn.Experiment.of(potential, fn.Aristotle(0.1), steps=3).parts()[0]
    assert made.parameters() == potential.parameters()
    W = potential.init(0)
    assert np.array_equal(made.differential(W)[1], potential.differential(W)[1])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"one-sided"', '"two-sided"', "did you mean 'one-sided'"),
        ("nudge = 0.1", "", "nudge of equilibrium is missing"),
        ('kind = "hopfield"', 'kind = "hopfeld"', "did you mean 'hopfield'"),
        ("[system]", "[network]", r"unknown key in \[network\] 'kind'"),
        ('activation = "tanh"', 'activation = "gelu"', "unknown activation 'gelu'"),
    ],
)
def test_a_mistake_in_a_file_gets_one_line(tmp_path, old, new, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        experiment(tmp_path, FILE.replace(old, new)).parts()
    assert "\n" not in str(error.value)


def test_sweep_over_nudges_and_steps():
    made = fn.Experiment.of(
        fn.Equilibrium(
            fn.Hopfield([2, 6, 1], "tanh"), fn.Quadratic(), fn.data.load("xor"), nudge=0.1
        ),
        fn.Aristotle(0.2),
        steps=20,
    )
    axes = {"equilibrium.nudge": [0.05, 0.2], "mechanics.step": [0.1, 0.3]}
    found = fn.sweep(made, axes=axes, progress=False)
    potential = made.parts()[0].changed(nudge=0.2)
    alone = fn.train(potential, fn.Aristotle(0.3), steps=20)
    assert found.loss[1, 1] == alone.loss[-1]
    with pytest.raises(fn.FlownetError, match="nudge"):
        fn.sweep(made, axes={"equilibrium.nugde": [0.1]}, progress=False)


def test_outputs_are_those_of_the_state_at_rest(tmp_path):
    """Accuracy, predict and score see the system, not a network of the same sizes."""
    data = fn.data.load("digits", limit=60)
    system = fn.Hopfield([64, 12, 10], "sigmoid4")
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.2, estimator="one-sided")
    held_out = potential.with_data(fn.data.load("digits", limit=80))
    W = potential.init(0)
    assert np.array_equal(potential.network.forward(W, data.x), potential.relax(W)[-1])
    path = tmp_path / "run.h5"
    run = fn.train(
        potential,
        fn.Aristotle(0.5),
        W0=W,
        steps=30,
        store=path,
        observe={"accuracy": (10, fn.Accuracy(held_out)), "held-out": (10, held_out)},
    )
    W = run.parameters[-1]
    said = held_out.relax(W)[-1].argmax(axis=1)
    right = np.mean(said == held_out.data.labels)
    assert run.observables["accuracy"].value[-1] == right > 0.2
    assert run.observables["held-out"].value[-1] == held_out.value(W)
    assert run.score(held_out.data) == right
    again = fn.resume(path, steps=40)  # from the file alone, observables included
    assert len(again.observables["accuracy"].value) == 5
    with pytest.raises(fn.FlownetError, match="no pullback"):
        potential.network.pullback(W, data.x, data.y)
