"""The shell: `flownet run`, `resume`, `breakdown`, `plot`, `info`."""

import sys

import click

from .._errors import FlownetError
from .._version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="flownet")
def shell():
    """What a finite learning step does to a neural network."""


@shell.command(epilog="Example: flownet run scripts/experiments/digits.toml -o run.h5")
@click.argument("experiment", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="HDF5 file to record in.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def run(experiment, output, overwrite):
    """Train as EXPERIMENT, a TOML file, says, and record every step in a file."""
    from ._experiment import Experiment
    from ._report import run_lines

    done = Experiment.load(experiment).run(output, overwrite=overwrite)
    click.echo(run_lines(done))


@shell.command(epilog="Example: flownet resume run.h5 --steps 4000")
@click.argument("file", type=click.Path())
@click.option("--steps", type=int, help="Steps in all; those of the run by default.")
def resume(file, steps):
    """Continue a stopped or killed run from its FILE, bit for bit."""
    from .. import motion
    from ._report import run_lines

    click.echo(run_lines(motion.resume(file, steps=steps)))


@shell.command(epilog="Example: flownet breakdown run.h5 --every 10 --figure breakdown.png")
@click.argument("file", type=click.Path())
@click.option("--at", type=int, help="One step, in detail.")
@click.option("--every", type=click.IntRange(1), help="Interval of the steps looked at.")
@click.option("--figure", type=click.Path(), help="Figure to write.")
def breakdown(file, at, every, figure):
    """What the steps of a run promised and delivered; stored in its FILE."""
    from .. import linearization
    from ..store import Trajectory
    from . import plot

    if at is not None and (every or figure):
        raise FlownetError("--at looks at one step: it takes neither --every nor --figure.")
    run = Trajectory.open(file)
    if at is not None:
        click.echo(linearization.breakdown(run, at=at))
        return
    series = linearization.breakdown(run, every=every or plot.interval(run), keep=True)
    click.echo(series)
    if figure:
        _save(plot.breakdown(run, series), figure)


@shell.command(epilog="Example: flownet plot run.h5 -o run.png")
@click.argument("file", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="Figure to write.")
@click.option("--kind", type=click.Choice(["breakdown", "loss"]), default="breakdown")
def plot(file, output, kind):
    """Draw a run: its loss, and what its steps promised and delivered."""
    from ..store import Trajectory
    from . import plot as figures

    _save(getattr(figures, kind)(Trajectory.open(file)), output)


@shell.command(epilog="Example: flownet info run.h5")
@click.argument("file", type=click.Path())
def info(file):
    """What a run's FILE holds, and the experiment it came from."""
    from ..store import Trajectory
    from ._report import info_lines

    click.echo(info_lines(Trajectory.open(file)))


def _save(figure, path):
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise FlownetError(f"cannot write the figure {path}: {error}.") from None
    click.echo(f"figure in {path}")


def main():
    """Run the shell: exit code 2 and one line on standard error for a user's mistake."""
    try:
        sys.exit(shell(standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except FlownetError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        _fail("stopped; what was recorded stays, and `flownet resume` goes on from there.", 130)


def _fail(line, code=2):
    print(f"flownet: {line}", file=sys.stderr)
    sys.exit(code)
