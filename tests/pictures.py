"""Pictures that a program has written, and figures before they are: what a reader would object to.

Places are in pixels.
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox
from PIL import Image

#: mark of tests in which a warning of NumPy or matplotlib is a failure
STRICT = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the shell leaves open
]
_TOUCH = 1.5  # pixels by which boxes of letters may meet


def is_drawn(path):
    """Whether a picture holds more than its background and a frame: grey values spread."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")).std() > 10


def faults(figure):
    """What is wrong with a figure, in lines; none of one that can be read.

    A legend over points or lines, texts over each other or beyond the border, an axis without a
    label, a panel without a title above it.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [
        (text, text.get_window_extent(renderer)) for text in _texts(figure) if _is_written(text)
    ]
    border = figure.bbox.padded(_TOUCH)
    found = [
        f"{text.get_text()!r} is not within the figure"
        for text, box in texts
        if not (border.contains(*box.min) and border.contains(*box.max))
    ]
    found += [
        f"{one.get_text()!r} is written over {other.get_text()!r}"
        for (one, here), (other, there) in combinations(texts, 2)
        if _common(here.padded(-_TOUCH), there.padded(-_TOUCH))
    ]
    for legend in _legends(figure):
        box = legend.get_window_extent(renderer)
        own = set(legend.get_texts()) | {legend.get_title()}
        covered = [text for text, there in texts if text not in own and _common(box, there)]
        found += [f"a legend is over {text.get_text()!r}" for text in covered]
        for axis in figure.axes:
            found += [f"a legend is over {what}" for what in _under(box, axis)]
    return found + [
        f"the panel {axis.get_title()!r} has no {what}"
        for axis in figure.axes
        for what, text in (("x", axis.get_xlabel()), ("y", axis.get_ylabel()))
        if not text and any(map(_is_written, getattr(axis, f"{what}axis").get_ticklabels()))
    ]


def _legends(figure):
    """Those of the figure, of its subfigures and of their panels."""
    parts = [figure, *figure.subfigs]
    return [legend for part in parts for legend in part.legends] + [
        legend for axis in figure.axes if (legend := axis.get_legend()) is not None
    ]


def _texts(figure):
    yield from (part._suptitle for part in (figure, *figure.subfigs) if part._suptitle is not None)
    for legend in _legends(figure):
        yield from (legend.get_title(), *legend.get_texts())
    for axis in figure.axes:
        yield from (axis.title, axis.xaxis.label, axis.yaxis.label, *axis.texts)
        for ticks in (axis.xaxis, axis.yaxis):
            low, high = sorted(ticks.get_view_interval())
            yield ticks.get_offset_text()
            for tick in (*ticks.get_major_ticks(), *ticks.get_minor_ticks()):
                if low <= tick.get_loc() <= high:
                    yield tick.label1


def _is_written(text):
    return text.get_visible() and bool(text.get_text().strip())


def _common(one, other):
    """What two boxes have in common, or None."""
    box = Bbox.intersection(one, other)
    return box if box is not None and box.width > 0 and box.height > 0 else None


def _under(box, axis):
    """What of the drawing of a panel lies within a box."""
    seen = _common(box, axis.bbox)
    if seen is None:
        return
    for line in axis.lines:
        path = line.get_transform().transform_path(line.get_path()).cleaned(remove_nans=True)
        points = path.vertices[:-1]
        if line.get_linestyle() not in ("None", "") and path.intersects_bbox(seen, filled=False):
            yield f"the line {line.get_label()!r}"
        elif line.get_marker() not in ("None", "") and any(seen.contains(*p) for p in points):
            yield f"points of {line.get_label()!r}"
    for filled in axis.collections:
        transform = filled.get_transform()
        if any(transform.transform_path(p).intersects_bbox(seen) for p in filled.get_paths()):
            yield "an area"
