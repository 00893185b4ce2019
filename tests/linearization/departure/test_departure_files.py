"""Departures in files, in tables and in the shell, and mistakes told in one line."""

from html import escape

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from departures import Modified, Slowed, parabola
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.desk import cli


@pytest.fixture(scope="module")
def stored(small, tmp_path_factory):
    """A run's file, and its departure that was kept there."""
    path = tmp_path_factory.mktemp("departure") / "run.h5"
    run = fn.train(small, fn.Aristotle(0.4), steps=30, seed=3, store=path)
    return path, fn.departure(run, fields={"modified 1": Modified(0.4, 1)}, keep=True)


def test_a_departure_is_kept_with_its_run(stored):
    """In one file: the run, its flows, what lies between; number for number."""
    path, d = stored
    again = fn.Departure.open(path)
    assert again.verdict == d.verdict and str(again) == str(d) and again.bounds == d.bounds
    for name, array in d.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array, err_msg=name)
    for name in d.flows:
        np.testing.assert_array_equal(again[name].parameters, d[name].parameters)
    run = fn.Trajectory.open(path)
    assert {
        "departure",
        "departure.run",
        "departure.steps",
        "departure.flow",
        "departure.modified-1",
    } == set(run.analyses) and len(run) == 31
    with h5py.File(path) as file:
        rows = file["analysis/departure.flow/value"][:31]
        np.testing.assert_array_equal(rows[0], file["parameters/value"][0])
        np.testing.assert_array_equal(rows, d.flow.parameters)
        columns = [
            str(c, "utf8") if isinstance(c, bytes) else c
            for c in file["analysis/departure"].attrs["columns"]
        ]
        assert columns[:2] == ["loss", "distance"]


def test_a_later_departure_takes_its_place(stored, tmp_path):
    path = tmp_path / "copy.h5"
    path.write_bytes(stored[0].read_bytes())
    d = fn.departure(fn.Trajectory.open(path), every=7, keep=True)
    again = fn.Departure.open(fn.Trajectory.open(path))
    assert list(again.flows) == ["flow"] and again.iteration.tolist() == [0, 7, 14, 21, 28, 30]
    np.testing.assert_array_equal(again.relative, d.relative)


def test_the_table_fits_a_page(stored):
    told, html = str(stored[1]), stored[1]._repr_html_()
    assert max(map(len, told.splitlines())) <= 100 and len(told.splitlines()) <= 40
    for words in (
        "A run of 30 steps beside its flow",
        "action gap",
        "h³‖Hg‖²/6",
        "of path",
        "modified 1",
        "beyond 1 % of the path from t = ",
        "verdict: ",
        f"{stored[1].verdict.words!r} means: ",
    ):
        assert words in told and (escape(words) in html or words == "modified 1"), words
    assert html.count("<table>") == 2 and "Departure: 31 rows" in repr(stored[1])


def shell(*arguments):
    result = CliRunner().invoke(cli.shell, [str(a) for a in arguments])
    if isinstance(result.exception, fn.FlownetError):
        return f"flownet: {result.exception}\n"
    assert result.exit_code == 0, result.output
    return result.output


def test_the_shell_prints_and_stores_it(tmp_path):
    path = tmp_path / "run.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.2), W0=[1.0, 2.0], steps=12, store=path)
    told = shell("departure", path, "--every", 4)
    assert str(fn.Departure.open(path)) in told and f"stored in {path}" in told
    assert len(fn.Departure.open(path)) == 4
    assert shell("departure", tmp_path / "none.h5").startswith("flownet: ")


def test_the_shell_follows_modified_flows(stored, tmp_path):
    """Of both orders, the numbers of the field that this test writes itself."""
    path = tmp_path / "run.h5"
    path.write_bytes(stored[0].read_bytes())
    told = shell("departure", path, "--modified", 0.4, "--rtol", 1e-8)
    d = fn.Departure.open(path)
    assert list(d.flows) == ["flow", "modified 1 of step 0.4", "modified 2 of step 0.4"]
    close(d["modified 1 of step 0.4"].distance, stored[1]["modified 1"].distance, kind="solver")
    assert str(d) in told and max(map(len, str(d).splitlines())) <= 100
    assert "step is -1" in shell("departure", path, "--modified", -1)


MISTAKES = {
    "a path": (lambda run: fn.departure("run.h5"), "Trajectory.open"),
    "no run": (lambda run: fn.departure(3), "has to be a Trajectory"),
    "a flow": (
        lambda run: fn.departure(fn.flow(fn.Parabola(), W0=[1.0], time=1.0)),
        "wants the finite run",
    ),
    "no step": (
        lambda run: fn.departure(fn.train(fn.Parabola(), fn.Aristotle(1.0), W0=[1.0], steps=0)),
        "no finite step",
    ),
    "every 0th row": (lambda run: fn.departure(run, every=0), "every is 0"),
    "a bound of 0": (lambda run: fn.departure(run, bounds=(0.0, 1.0)), "bounds is"),
    "no bounds": (lambda run: fn.departure(run, bounds=0.1), "bounds is 0.1"),
    "no tolerance": (lambda run: fn.departure(run, rtol=0), "rtol is 0"),
    "keeping without a file": (lambda run: fn.departure(run, keep=True), "with a file"),
    "fields in a list": (lambda run: fn.departure(run, fields=[Slowed()]), "has to be a dict"),
    "a field without velocity": (lambda run: fn.departure(run, fields={"a": 3}), "velocity"),
    "a second flow of one name": (
        lambda run: fn.departure(run, fields={"flow": Slowed()}),
        "cannot be called 'flow'",
    ),
    "one place in the file": (
        lambda run: fn.departure(run, fields={"a b": Slowed(), "a-b": Slowed()}),
        "share a place",
    ),
    "a flow that is not there": (lambda run: fn.departure(run)["modified"], "there is: flow"),
    "nothing kept": (lambda run: fn.Departure.open(run), "keeps no departure"),
    "one step": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[0.1], time=1),
        "at least two",
    ),
    "no potential": (
        lambda run: fn.departure_power(3, [1.0], steps=[0.5, 0.25], time=1),
        "without size",
    ),
    "parameters of another size": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0, 2.0], steps=[0.5, 0.25], time=1),
        "W0 has shape",
    ),
    "parameters in words": (
        lambda run: fn.departure_power(fn.Parabola(), "W0", steps=[0.5, 0.25], time=1),
        "W0 is 'W0'",
    ),
    "no field": (
        lambda run: fn.departure_power(
            fn.Parabola(), [1.0], steps=[0.5, 0.25], time=1, field=lambda h: h
        ),
        "velocity",
    ),
    "steps that do not fit": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[0.3, 0.1], time=1),
        "0.3 does not go into the time 1",
    ),
    "steps that diverge": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[5, 2.5], time=5000),
        "diverges at iteration",
    ),
    "halvings": (lambda run: fn.departure(run).power(halvings=0), "halvings is 0"),
    "no curve": (lambda run: fn.curve_distance([1.0, 2.0], [[1.0, 2.0]]), "curve A"),
    "curves of two sizes": (lambda run: fn.curve_distance([[1.0, 2.0]], [[1.0]]), "curve B"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(parabola(0.1, steps=6))
