"""A run goes on with its own potential alone; nothing compiled sees sizes that do not agree."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.geometry.metric import Metric
from flownet.store.bytes import Checkpoint
from flownet.store.writing import rewrite_experiment, rewrite_part

XOR = fn.data.load("xor")
NET = fn.Network([2, 5, 1])
OWN = fn.Potential(NET, fn.Quadratic(), XOR)


def of(sizes=(2, 5, 1), activation="tanh", loss=None, data=XOR, **words):
    return fn.Potential(fn.Network(sizes, activation, **words), loss or fn.Quadratic(), data)


OTHERS = {
    "fewer units": (of((2, 3, 1)), "of size 13, and the rows .* are of 21"),
    "more units": (of((2, 600, 1)), "of size 2401, and the rows .* are of 21"),
    "other layers": (of((2, 4, 1, 1, 1)), r"network\.sizes is \[2, 4, .* instead of \[2, 5, 1\]"),
    "activation": (of(activation="relu"), r"network\.activation is \['relu'\] instead of \['tanh"),
    "output": (of(output="tanh"), "network.output is 'tanh' instead of 'identity'"),
    "precision": (of(dtype="float32"), "one of float32 parameters, .* are float64"),
    "loss": (of(loss=fn.Quadratic(output_metric=[[2.0]])), r"loss\.output_metric is .*nothing"),
    "scale": (2.0 * OWN, r"loss\.scale is 2\.0 instead of 1\.0"),
    "a term more": (OWN + 0.1 * fn.Parabola(21), "add is .*parabola.* instead of nothing"),
    "no data": (fn.Parabola(21), "it has no data, "),
    "a program": (OWN + fn.CustomPotential(21, lambda W: (W @ W / 2, W.copy())), "is a program"),
}


def stored(path, potential=OWN, mechanics=None, **words):
    given = {"steps": 8, **words}
    fn.train(potential, mechanics or fn.Adam(0.01), store=path, progress=False, **given).close()
    return path


@pytest.mark.parametrize("name", OTHERS)
def test_a_run_does_not_go_on_with_another_potential(name, tmp_path):
    other, words = OTHERS[name]
    path = stored(tmp_path / "run.h5")
    before = path.read_bytes()
    with told_in_one_line(words):
        fn.resume(path, potential=other, steps=12)
    for go_on in (lambda run: fn.resume(run, steps=12), lambda run: fn.go_on(run, more=4)):
        run = fn.Trajectory.open(path)
        with told_in_one_line(words):
            run.potential = other  # of another size; any other is there to be looked at
            go_on(run)
    assert path.read_bytes() == before


def test_a_flow_does_not_go_on_with_another_potential(tmp_path):
    path = tmp_path / "flow.h5"
    fn.flow(OWN, W0=NET.init(0), time=50.0, max_steps=5, store=path, progress=False)
    for name in ("more units", "activation", "a term more"):
        other, words = OTHERS[name]
        with told_in_one_line(words):
            fn.resume(path, potential=other, max_steps=100)
    assert fn.resume(path, potential=of(init="he-normal"), max_steps=10_000).finished


def test_further_terms_and_charts_are_compared(tmp_path):
    both = OWN + 0.1 * fn.Parabola(21, strength=2.0)
    path = stored(tmp_path / "a.h5", both)
    with told_in_one_line(r"add\.0\.strength is 3\.0 instead of 2\.0"):
        fn.resume(path, potential=OWN + 0.1 * fn.Parabola(21, strength=3.0), steps=9)
    assert len(fn.resume(path, potential=both, steps=9).loss) == 10
    seen, u0 = fn.Charted(fn.DoubleWell(3), fn.Sinh()), np.full(3, 0.3)
    path = stored(tmp_path / "b.h5", seen, fn.Aristotle(0.1), W0=u0)
    with told_in_one_line("chart is nothing instead of .*sinh"):
        fn.resume(path, potential=fn.DoubleWell(3), steps=9)
    assert len(fn.resume(path, potential=seen, steps=9).loss) == 10


def test_a_program_is_compared_with_its_data_and_is_no_formula(tmp_path):
    class Well:
        size = 3

        def value(self, W):
            return float(W @ W / 2)

        def differential(self, W):
            return self.value(W), W.copy()

    path = stored(tmp_path / "a.h5", Well(), W0=np.ones(3))
    with told_in_one_line("is not that of .*, a program of its own"):
        fn.resume(path, potential=fn.Parabola(3), steps=9)
    own = fn.CustomPotential(21, lambda W: (W @ W / 2, W.copy()), name="well")
    path = stored(tmp_path / "b.h5", OWN + own)
    other = fn.Dataset(XOR.x[::-1].copy(), XOR.y)
    with told_in_one_line("not those of"):
        fn.resume(path, potential=of(data=other) + own, steps=9)
    assert len(fn.resume(path, potential=OWN + own, steps=9).loss) == 10


def test_another_potential_is_there_to_look_at_a_run_with(tmp_path):
    """A breakdown on other data; the file does not keep it as the run's own."""
    run = fn.Trajectory.open(stored(tmp_path / "run.h5"))
    held_out = fn.Dataset(XOR.x[:3], XOR.y[:3])
    run.potential = of(data=held_out)
    assert fn.breakdown(run, at=3).loss == of(data=held_out).value(run.parameters[3])
    with told_in_one_line("not those of"):
        fn.breakdown(run, every=1, keep=True)
    run.potential = of(init="he-normal")
    fn.breakdown(run, every=1, keep=True)
    assert len(run.analyses["breakdown"].value) == 8


def test_batches_are_those_of_the_data_that_are_looked_at(tmp_path):
    run = fn.Trajectory.open(stored(tmp_path / "run.h5", batch_size=2))
    assert run.batches.m == 4
    run.potential = of(data=fn.Dataset(XOR.x[:3], XOR.y[:3]))
    assert run.batches.m == 3 and run.potential_at(2).data.m <= 2


@pytest.mark.parametrize("units", [600, 3])
def test_a_file_whose_experiment_says_other_sizes_than_its_rows_have(units, tmp_path):
    path = stored(tmp_path / "run.h5")
    flow = tmp_path / "flow.h5"
    fn.flow(OWN, W0=NET.init(0), time=50.0, max_steps=5, store=flow, progress=False).close()
    for each, go in (
        (path, lambda path: fn.resume(path, steps=12)),
        (path, lambda path: fn.go_on(path, more=4, mechanics=fn.Aristotle(0.1))),
        (path, lambda path: fn.breakdown(fn.Trajectory.open(path), at=0)),
        (flow, lambda path: fn.resume(path, max_steps=100)),
    ):
        text = fn.Trajectory.open(each).store.experiment
        rewrite_experiment(each, text.replace("    5,\n", f"    {units},\n"))
        with told_in_one_line("of size .*, and the rows that .* has recorded are of 21"):
            go(each)


@pytest.mark.parametrize("shape", [(1, 21), (2, 20), (2, 1)])
def test_a_checkpoint_of_other_shapes_is_not_taken_up(shape, tmp_path):
    path = stored(tmp_path / "run.h5")
    run = fn.Trajectory.open(path)
    kept = run.store.slot()
    kept.arrays["memory"] = np.zeros(shape)
    run.close()
    there = Checkpoint(1, kept.iteration, kept.time, kept.rows, kept.arrays)
    arrays = {name: run.store.array(name) for name in run.store.arrays}
    rewrite_part(path, run.store.experiment, arrays, {}, there)
    with told_in_one_line(r"its next step wants 'memory', float64 of shape \(2, 21\), and its"):
        fn.resume(path, steps=12)


def test_samples_that_are_none_are_refused():
    W = NET.init(0)
    for rows in ([0, 4], [-1], [10**9], [[0]], []):
        with told_in_one_line("rows is .*numbers from 0 to 3"):
            OWN.differential_on(np.array(rows, int), W)
    assert OWN.differential_on([0, 3], W)[0] == OWN.on([0, 3]).value(W)


def test_a_direction_of_another_length_is_refused():
    """A metric of one's own, which kernels are handed what it gives of."""

    class Half(Metric):
        size = 21

        def sharp(self, dL):
            return dL[:11]

        def flat(self, V):
            return V

    with told_in_one_line("gives a direction of shape"):
        fn.train(OWN, fn.Adam(0.01), steps=3, metric=Half(), progress=False)
