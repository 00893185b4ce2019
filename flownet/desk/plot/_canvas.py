"""Where a figure is drawn, and the words that every figure takes: ax, figure, size, title."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

import numpy as np

from ..._errors import FlownetError, shown
from ...store.trajectory import Trajectory
from ._style import STYLE

F = TypeVar("F", bound=Callable[..., Any])


def styled_of(kind: type, wanted: str) -> Callable[[F], F]:
    """Decorator: draw something of a kind in the house style, after a look at it and at where.

    Of every figure of `flownet.plot`: matplotlib is imported here, when something is drawn.
    """

    def styled(draw: F) -> F:
        takes = signature(draw).parameters

        @wraps(draw)
        def drawn(what, *args, **words):
            import matplotlib

            if "ax" in words and "ax" not in takes:
                raise FlownetError(
                    f"{draw.__name__} has several panels: figure= says where to draw them; ax= is "
                    "of figures with one, such as curves and loss."
                )
            for one in what.values() if isinstance(what, dict) else [what]:
                if not isinstance(one, kind):
                    raise FlownetError(f"{shown(one)} cannot be drawn: {wanted}.")
            _check_place(**{name: words.get(name) for name in ("ax", "figure", "size", "title")})
            with matplotlib.rc_context(STYLE):
                return draw(what, *args, **words)

        return cast("F", drawn)

    return styled


styled = styled_of(Trajectory, "a run is wanted, such as flownet.Trajectory.open('run.h5')")


def _check_place(ax, figure, size, title):
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    for name, given, kind, what in (
        ("ax", ax, Axes, "Axes of matplotlib"),
        ("figure", figure, FigureBase, "a figure or subfigure of matplotlib"),
        ("title", title, str, "a text, or None for the title that the figure has by itself"),
    ):
        if given is not None and not isinstance(given, kind):
            raise FlownetError(f"{name} is {shown(given)}; it has to be {what}.")
    if sum(part is not None for part in (ax, figure, size)) > 1:
        raise FlownetError(
            "ax, figure and size exclude each other: ax and figure say where to draw, and size "
            "is that of a new figure."
        )
    if size is not None and not _is_size(size):
        raise FlownetError(
            f"size is {shown(size)}; it has to be a width and a height in inches, such as (8, 5)."
        )


def _is_size(size):
    try:
        numbers = np.array(size, float)
    except (TypeError, ValueError, OverflowError):
        return False
    return numbers.shape == (2,) and bool((numbers > 0).all() and np.isfinite(numbers).all())


def canvas(default, size=None, figure=None, layout="constrained"):
    """The figure that is given, or a new one of a size in inches, which notebooks show."""
    if figure is None:
        from ._drawing import Drawing

        return Drawing(figsize=size or default, layout=layout)
    holder = whole(figure)
    if layout and holder.get_layout_engine() is None:
        holder.set_layout_engine(layout)  # legends stand below the panels, and want their room
    return figure


def panels(columns, default, rows=1, *, size=None, figure=None):
    """A figure and its axes, row by row."""
    figure = canvas(default, size, figure)
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def one_panel(default, ax=None, size=None, figure=None):
    """What a figure of one panel gives back, and its axes: those given, or those of a figure."""
    if ax is not None:
        return ax, ax
    figure, (ax,) = panels(1, default, size=size, figure=figure)
    return whole(figure), ax


def titled(figure, own, title=None, **words):
    """The title of a whole figure: the one given, or its own; "" for none."""
    if text := own if title is None else title:
        figure.suptitle(text, **words)


def whole(figure):
    """The figure that a figure or subfigure is part of."""
    from matplotlib.figure import SubFigure

    while isinstance(figure, SubFigure):
        figure = figure.figure
    return figure
