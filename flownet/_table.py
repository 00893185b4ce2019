"""The one table: what a report shows is data, printed as text, in a notebook, or given away.

A report says what its numbers are, and in which form each column is written; nothing else in the
package lays out text.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from itertools import zip_longest
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from ._encoding import printable
from ._errors import FlownetError
from ._origin import Made

_WIDTH = 100
_LONGEST = 10  # characters of a number
_HEAD = 10  # a head of two short words stays on one line
_NOTHING = 1e-9  # per cent
_WHOLE = re.compile(r" (?=[%=±])|(?<=[=±]) |(?<=iteration) ")  # no number torn from what it is of


def short(value):
    """A number in four digits, a whole one in full."""
    if isinstance(value, Integral):
        return str(value)
    text = f"{value:.4g}"
    return text if len(text) <= _LONGEST else f"{value:.2e}"


def signed(value):
    """A term of a sum, with its sign and power of ten."""
    text = f"{value:+.3e}" if value else "0"
    return text if len(text) <= _LONGEST else f"{value:+.2e}"


def percent(share):
    """A share in per cent, three digits."""
    return f"{100 * share:.3g} %"


def signed_percent(share, unit=" %"):
    """A share in per cent with its sign, two decimals where they matter."""
    part, size = 100 * share, abs(100 * share)
    if not math.isfinite(part):
        return "—"
    if size < _NOTHING:
        return f"0{unit}"
    form = "+.2f" if 0.005 <= size < 1e3 else "+.0f" if 1e3 <= size < 1e5 else "+.0e"
    return f"{part:{form}}{unit}"


class Floored(NamedTuple):
    """A number with the noise floor below which its digits mean nothing; NaN is noise too."""

    value: float
    floor: float

    @property
    def is_noise(self):
        """Whether it lies below its floor and is not exactly 0."""
        return self.value != 0 and self.floor >= 0 and not abs(self.value) > self.floor


@dataclass(frozen=True, repr=False)
class Table:
    """Columns of values, with a title above and sentences below; it prints as text.

    Attributes
    ----------
    title : str
    columns : dict
        Name to (form, values). The form is a format specification such as ".3g", or a function that
        writes a value; columns of the form `str` stand to the left, all others to the right. Values
        are numbers, `Floored` numbers, texts, which stand as they are, or None; a column of None
        alone is left out.
    notes : sequence of str
    upright : bool
        Printed with a line for each column: few records of many numbers.
    more : sequence of Table
        Printed between the columns and the notes.
    """

    title: str
    columns: dict
    notes: Sequence[str] = ()
    upright: bool = False
    more: Sequence[Table] = ()

    @property
    def rows(self):
        """Dicts of plain values by the names of their columns; what prints as noise is a number."""
        columns = self._columns
        values = ([_plain(value) for value in values] for _, values in columns.values())
        return [dict(zip(columns, row)) for row in zip(*values)]

    def to_pandas(self):
        """The rows as a `pandas.DataFrame`.

        Raises
        ------
        FlownetError
            Where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise FlownetError(
                "pandas is not installed: `pip install pandas`, or take the table's .rows."
            ) from None
        return pandas.DataFrame(self.rows)

    def __str__(self):
        """As text, in letters that standard output has."""
        parts = [_filled(printable(self.title))] if self.title else []
        if self._columns:
            heads, lines, sides = self._grid()
            heads, *lines = ([printable(text) for text in texts] for texts in (heads, *lines))
            parts += [printable(_laid_out(heads, lines, sides))]
        parts += map(str, self.more)
        parts += ["\n".join(_filled(printable(note)) for note in self.notes)] if self.notes else []
        return "\n\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self):
        parts = [f"<p><b>{escape(self.title)}</b></p>"] if self.title else []
        parts += [_tagged(*self._grid())] if self._columns else []
        parts += [table._repr_html_() for table in self.more]
        parts += [f"<p>{escape(note)}</p>" for note in self.notes]
        return f"<div>{''.join(parts)}</div>"

    @property
    def _columns(self):
        """Those that are not empty."""
        return {
            name: (form, values)
            for name, (form, values) in self.columns.items()
            if any(value is not None for value in values)
        }

    def _grid(self):
        """Heads or none, lines of text, and sides, as they are printed."""
        columns = self._columns
        texts = [[_written(value, form) for value in values] for form, values in columns.values()]
        if not self.upright:
            sides = ["left" if form is str else "right" for form, _ in columns.values()]
            return list(columns), list(zip(*texts)), sides
        lines = [(name, *cells) for name, cells in zip(columns, texts)]
        if len(lines[0]) == 2:
            return (), lines, ["left", "left"]
        return lines[0], lines[1:], ["left", *["right"] * len(texts[0])]


class Tabled(Made):
    """Mixin of a report: it prints its `table()`, as text and in a notebook."""

    def table(self) -> Table:
        """What it shows, as a `Table`."""
        raise NotImplementedError

    def __str__(self):
        return str(self.table())

    def _repr_html_(self):
        return self.table()._repr_html_()


def evenly(count, most):
    """Indices of at most so many of `count` lines, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


def _written(value, form):
    """Text of a value."""
    if isinstance(value, Floored):
        if value.is_noise:
            return "noise"
        value = value.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Real) and math.isnan(value):
        return "—"
    return form(value) if callable(form) else format(value, form)


def _plain(value):
    value = value.value if isinstance(value, Floored) else value
    return value.item() if isinstance(value, np.generic) else value


def _filled(note):
    """A sentence on lines of its own, at most 98 columns wide."""
    whole = _WHOLE.sub("\0", note)
    return textwrap.fill(whole, _WIDTH - 2, subsequent_indent="  ").replace("\0", " ")


def _laid_out(heads, lines, sides):
    """Text of at most 100 columns; texts are wrapped, numbers only where they would not fit."""
    from rich.box import SIMPLE_HEAD  # a tenth of a second, when something is printed
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    grid.show_header, of_numbers = bool(heads), 0
    for head, side, *texts in zip_longest(heads, sides, *lines, fillvalue=""):
        broken = _broken(head, max(map(len, texts)))
        grid.add_column("\n".join(broken), justify=side, overflow="fold")
        of_numbers += (side == "right") * (2 + max(map(len, [*broken, *texts])))
    for column in grid.columns:
        column.no_wrap = column.justify == "right" and of_numbers < _WIDTH
    for line in lines:
        grid.add_row(*line)
    paper = StringIO()
    plain = {"color_system": None, "force_jupyter": False, "markup": False, "emoji": False}
    Console(file=paper, width=_WIDTH, **plain).print(grid)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines())


def _broken(head, width):
    """Lines of a head about as wide as what stands below it, no word torn."""
    return textwrap.wrap(head, max(_HEAD, width), break_long_words=False, break_on_hyphens=False)


def _tagged(heads, lines, sides):
    """The same as HTML."""
    text = ""
    for tag, texts in (*([("th", heads)] if heads else ()), *(("td", line) for line in lines)):
        cells = (
            f'<{tag} style="text-align:{side};white-space:pre">{escape(text)}</{tag}>'
            for side, text in zip(sides, texts)
        )
        text += f"<tr>{''.join(cells)}</tr>"
    return f"<table>{text}</table>"
