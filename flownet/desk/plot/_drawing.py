"""The figure that `flownet.plot` makes; imported when something is drawn, for its matplotlib."""

from io import BytesIO

from matplotlib.figure import Figure

_CSS = 96  # pixels of a page in an inch


class Drawing(Figure):
    """A figure of matplotlib that a notebook shows as the value of a cell.

    No other figure does so unless pyplot made it; pyplot knows nothing of this one, which
    nobody has to close.
    """

    def _repr_png_(self):
        pixels = BytesIO()
        self.savefig(pixels, format="png")
        width, height = (round(_CSS * inches) for inches in self.get_size_inches())
        return pixels.getvalue(), {"width": width, "height": height}
