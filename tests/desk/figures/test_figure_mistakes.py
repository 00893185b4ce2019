"""Mistakes in asking for a figure are told in one line."""

import pytest
from matplotlib.figure import Figure
from mistakes import told_in_one_line
from pictures import STRICT

import flownet as fn

pytestmark = STRICT


@pytest.mark.parametrize(
    "words, draw",
    [
        ("x is 'hour'; .* iteration, epoch, time", lambda r, f: fn.plot.curves(r, x="hour")),
        (
            "run 'b': unknown observable 'speeed'; did you mean 'speed'",
            lambda r, f: fn.plot.curves({"b": r}, y="speeed"),
        ),
        ("smooth is 0", lambda r, f: fn.plot.curves(r, smooth=0)),
        ("y is 3", lambda r, f: fn.plot.curves(r, y=3)),
        ("runs is {}", lambda r, f: fn.plot.curves({})),
        ("runs is {}", lambda r, f: fn.plot.comparison({})),
        ("3 cannot be drawn", lambda r, f: fn.plot.curves({"a": 3})),
        ("a flow has no epochs", lambda r, f: fn.plot.curves(f, x="epoch")),
        ("ax is 3; .* Axes", lambda r, f: fn.plot.curves(r, ax=3)),
        ("breakdown has several panels: figure=", lambda r, f: fn.plot.breakdown(r, ax=3)),
        ("figure is 3; .* figure or subfigure", lambda r, f: fn.plot.breakdown(r, figure=3)),
        ("size is 3; .* inches", lambda r, f: fn.plot.loss(r, size=3)),
        ("size is .0, 4.", lambda r, f: fn.plot.report(r, size=(0, 4))),
        ("title is 3; .* a text", lambda r, f: fn.plot.flows(r, f, title=3)),
        ("exclude each other", lambda r, f: fn.plot.loss(r, size=(3, 4), figure=Figure())),
        ("no room for its panels", lambda r, f: fn.plot.flows(r, f, size=(3, 2))),
    ],
)
def test_mistakes_are_told_in_one_line(real_runs, words, draw):
    runs, flow = real_runs
    with told_in_one_line(words):
        draw(runs["step 0.6"], flow)
