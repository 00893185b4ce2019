"""Every figure of `flownet.plot` can be read, in any size, beside another one, in a notebook."""

import warnings
from io import BytesIO

import numpy as np
import pytest
from drawings import NAMES, every_figure
from matplotlib.figure import Figure
from pictures import STRICT, faults
from PIL import Image

import flownet as fn
from flownet.desk.plot import _style

pytestmark = STRICT

ONE_PANEL = [name for name in NAMES if name.startswith(("curves", "sweep")) or name == "loss"]
ONE_PANEL += ["band", "curve", "connectedness", "census"]


# Can it be read?


def test_every_figure_is_looked_at(figures):
    assert set(figures) == set(NAMES)
    drawn = set(fn.plot.__all__) - {"beside", "check_film", "film"}
    assert {name.split()[0] for name in NAMES} - {"five"} == drawn


@every_figure
def test_no_legend_covers_data_and_no_text_another(figures, name):
    assert faults(figures[name]()) == []


@pytest.mark.slow
@every_figure
def test_nor_in_a_figure_of_another_size_and_title(figures, name):
    figure = figures[name](size=(14, 9), title="A title of one's own")
    assert faults(figure) == [] and figure.get_size_inches().tolist() == [14, 9]
    written = [axis.get_title() for axis in figure.axes] + [figure.get_suptitle()]
    assert written.count("A title of one's own") == 1
    bare = figures[name](title="")
    assert not bare.get_suptitle() and (len(bare.axes) > 1 or not bare.axes[0].get_title())


@pytest.mark.slow
@every_figure
def test_it_is_drawn_into_a_subfigure(figures, name):
    """Beside another one, which stays empty."""
    figure = Figure(figsize=(26, 10), layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert figures[name](figure=right) is figure
    assert right.axes and not left.axes and faults(figure) == []


def test_a_figure_without_a_layout_gets_one(figures):
    """Of pyplot's figures, and of subfigures of subfigures."""
    figure = Figure(figsize=(12, 5))
    (_, right) = figure.subfigures(1, 2)
    (inner, _) = right.subfigures(2, 1, height_ratios=[9, 1])
    assert figures["comparison"](figure=inner) is figure and len(inner.axes) == 2
    assert figure.get_layout_engine() is not None and faults(figure) == []


@pytest.mark.parametrize("name", ONE_PANEL)
def test_one_panel_is_drawn_into_axes(figures, name):
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set(xlabel="x", ylabel="y")
    assert figures[name](ax=right) is right
    assert (right.lines or right.collections) and not left.lines and faults(figure) == []


def test_the_check_finds_what_it_looks_for():
    figure = Figure(figsize=(5, 4))
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], label="a line")
    axis.set(xlabel="x", ylabel="y")
    assert faults(figure) == []
    axis.legend(loc="center")
    axis.set_xlabel("")
    axis.text(0.2, 0.8, "over")
    axis.text(0.21, 0.8, "another")
    axis.text(2.0, 0.5, "far away")
    found = " ".join(faults(figure))
    for words in (
        "over the line 'a line'",
        "'over' is written over 'another'",
        "'far away' is not within the figure",
        "has no x",
    ):
        assert words in found
    axis.lines[0].set(linestyle="", marker="o", data=([0.5, 0, 1], [0.5, 0, 1]))
    assert "over points of 'a line'" in " ".join(faults(figure))


def test_looks_differ_in_grey():
    """The first eight by dashes and, of neighbours, by brightness; later ones by the pair."""
    looks = [_style.look(i) for i in range(16)]
    assert len({look["linestyle"] for look in looks[:8]}) == 8
    assert len({(look["color"], look["linestyle"]) for look in looks}) == 16
    colours = [tuple(bytes.fromhex(look["color"][1:])) for look in looks[:8]]
    grey = np.array([Image.new("RGB", (1, 1), c).convert("L").getpixel((0, 0)) for c in colours])
    assert abs(np.diff(grey)).min() > 12


def test_a_run_has_one_look_in_all_panels(figures):
    loss, ratio = figures["comparison"]().axes
    looks = [
        [
            (line.get_color(), line.get_linestyle(), str(line._unscaled_dash_pattern))
            for line in axis.lines
            if line.get_label().startswith("step")
        ]
        for axis in (loss, ratio)
    ]
    assert looks[0] == looks[1] and len(set(looks[0])) == 6


# Notebooks


@pytest.mark.parametrize("name", ["flows", "report", "comparison", "loss"])
def test_a_notebook_shows_a_figure_that_pyplot_does_not_know(figures, name):
    figure = figures[name](size=(9, 6))
    pixels, sizes = figure._repr_png_()
    with Image.open(BytesIO(pixels)) as picture:
        assert picture.format == "PNG" and np.asarray(picture.convert("L")).std() > 5
        assert picture.size == tuple(figure.bbox.size) and sizes == {"width": 864, "height": 576}


def test_ipython_shows_it_as_it_shows_any_value(figures):
    """With and without its own formatter for figures of matplotlib."""
    formatters = pytest.importorskip("IPython.core.formatters")
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # those of IPython itself
        data, _ = formatters.DisplayFormatter().format(figures["curves of one run"]())
    assert data["image/png"][:8] == b"\x89PNG\r\n\x1a\n"
