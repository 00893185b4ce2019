"""The study of charts, small: flows coincide, plain steps part with slope 2, geodesic ones not."""

import intrinsic_flow as study
import numpy as np
import pytest
from pictures import faults


@pytest.fixture(scope="module")
def small():
    """40 digits by 64-4-10, six steps of 0.5."""
    return study.Study(study.digits(40, hidden=4), step=0.5, steps=6, points=5)


def test_only_the_flow_is_intrinsic(small):
    """The flow of each chart is W's, to its rtol; without the metric of W it is another."""
    for paths in small.paths.values():
        assert small.from_flow(paths["flow"]).max() < 1e-7
        assert small.from_flow(paths[study.OTHER])[-1] > 0.01
    assert small.from_flow(small.W)[-1] > 0.01


@pytest.mark.parametrize("name", ["sinh", "weight normalisation"])
def test_slopes(name, small):
    """2 of plain steps, 3 of corrected ones; a geodesic step is W's, and so is a whole run."""
    plain, second, geodesic = (
        study.slope(small.lengths, far) for far in small.single[name].values()
    )
    assert abs(plain - 2) < 0.1 and abs(second - 3) < 0.1 and np.isnan(geodesic)
    far = [small.from_run(small.paths[name][kind])[-1] for kind in study.KINDS]
    assert far[2] < 1e-13 < far[1] < far[0]


def test_other_units_do_not_matter(small):
    for kind in study.KINDS:
        assert np.isnan(study.slope(small.lengths, small.single[study.STRAIGHT][kind]))
        assert small.from_run(small.paths[study.STRAIGHT][kind]).max() < 1e-13


def test_the_tables_and_the_figure(small, tmp_path):
    text = study.table(small)
    assert "slope 2.0" in text and "rounding" in text and max(map(len, text.splitlines())) <= 100
    figure = study.draw(small)
    figure.savefig(tmp_path / "a.png", dpi=30)
    one, flows, runs, losses = figure.axes
    assert len(one.lines) == 7 and len(flows.lines) == len(losses.lines) == 7
    assert len(runs.lines) == 6 and "digits, 64-4-10 tanh, 40 samples" in figure.get_suptitle()
    (told,) = (text.get_text() for text in one.texts)
    first = study.slope(small.lengths, small.single["sinh"]["plain"])
    assert f"plain: {first:.2f}, " in told and "geodesic: rounding" in told
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 4 + 5 and faults(figure) == []
