"""Runs that reports are of, the panels of a report, and what the shell prints."""

from click.testing import CliRunner

import flownet as fn
from flownet.desk import cli

PANELS = [
    "Loss",
    "What a step promised and delivered",
    "What each order took of the promise",
    "Second order: parameters alone, and in pairs",
    "Sharpness and the edge of stability",
    "Charges: what the flow would keep",
]


def digits(activation="relu", loss=fn.Quadratic, dtype="float64"):
    network = fn.Network([64, 6, 10], activation, dtype=dtype)
    return fn.Potential(network, loss(), fn.data.load("digits", limit=60))


def shell(*arguments):
    """What `flownet` prints, with a line for a mistake."""
    result = CliRunner().invoke(cli.shell, [str(a) for a in arguments])
    if isinstance(result.exception, fn.FlownetError):
        return f"flownet: {result.exception}\n"
    assert result.exit_code == 0, result.output
    return result.output


def titles(figure):
    return [axis.get_title() for axis in figure.axes]
