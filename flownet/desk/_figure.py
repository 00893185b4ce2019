"""Figures that the shell writes: refused before the work where they cannot be written after it."""

from pathlib import Path

from .._errors import FlownetError


def check_figure(path):
    """Refuse before the work a figure that cannot be written after it."""
    if path is None:
        return
    from matplotlib.figure import Figure

    kinds = Figure().canvas.get_supported_filetypes()
    if (ending := Path(path).suffix[1:].lower()) not in kinds:
        raise FlownetError(
            f"cannot write the figure {path}: its ending {ending!r} is none of {', '.join(kinds)}."
        )
    if not Path(path).parent.is_dir():
        raise FlownetError(
            f"cannot write the figure {path}: there is no folder {Path(path).parent}."
        )


def save(figure, path):
    """Write a figure; the line that says where it is."""
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise FlownetError(f"cannot write the figure {path}: {error}.") from None
    return f"figure in {path}"
