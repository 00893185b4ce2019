"""The shell: `flownet run`, `sweep`, `resume`, `info`, `plot`, and what they broke."""

from functools import partial
from pathlib import Path

import click

from .._errors import FlownetError
from .._version import __version__
from ._figure import check_figure, save
from ._follow import follow_run
from ._told import answering, say


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="flownet")
def shell():
    """What a finite learning step does to a neural network."""


def _work(command):
    """Options that bound the work of a flow; without them what Python or its file says holds."""
    for name, what in (("steps", "Steps"), ("gradients", "Gradients")):
        option = click.option(
            f"--max-{name}", type=click.IntRange(1), help=f"{what} of a flow at most."
        )
        command = option(command)
    return command


def _device(command):
    """Option of the device whose kernels do the work."""
    help = "Whose kernels do the work: cpu, cuda, cuda:1, cuda+cublas; what FILE says by default."
    return click.option("--device", help=help)(command)


def _given(words):
    return {name: word for name, word in words.items() if word is not None}


@shell.command(epilog="Example: flownet run scripts/experiments/digits.toml -o run.h5")
@click.argument("experiment", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="HDF5 file to record in.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@_device
def run(experiment, output, overwrite, device):
    """Train as EXPERIMENT, a TOML file, says, and record every step in a file."""
    from .experiment._experiment import Experiment
    from .report._report import run_lines

    done = Experiment.load(experiment).run(output, overwrite=overwrite, device=device)
    say(run_lines(done))


@shell.command(epilog="Example: flownet sweep scripts/experiments/steps.toml -o sweep.h5")
@click.argument("experiment", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="HDF5 file to record in.")
@click.option("--overwrite", is_flag=True, help="Replace the file of another sweep.")
@click.option("--scheduler", help="Of a Dask cluster that runs the members: tcp://host:8786.")
@click.option("--threads", type=click.IntRange(1), help="Threads at most.")
@_device
def sweep(experiment, output, overwrite, scheduler, threads, device):
    """Run all members that the table [sweep] of EXPERIMENT, a TOML file, says, and record what is
    kept of each in a file. A sweep that was stopped goes on with `flownet resume`."""
    from ..ensemble.sweeps import connected
    from .experiment._experiment import Experiment

    given = Experiment.load(experiment)
    with connected(scheduler) as client:
        words = {"overwrite": overwrite, "client": client, "threads": threads, "device": device}
        say(given.sweep(output, **words))


@shell.command(epilog="Example: flownet resume run.h5 --steps 4000")
@click.argument("file", type=click.Path())
@click.option("--steps", type=int, help="Steps in all; those of the run by default.")
@_device
@_work
def resume(file, steps, device, **work):
    """Continue a stopped or killed run, flow or sweep from its FILE, bit for bit."""
    from ..ensemble.rows import is_sweep
    from ..ensemble.sweeps import Sweep
    from ..motion.loops import resume as go_on
    from ..store.trajectory import Trajectory
    from .report._report import at_its_end, run_lines

    if is_sweep(file):
        _only_of_runs(steps=steps, **work)
        say(Sweep.open(file).resume(device=device))
        return
    ended = at_its_end(Trajectory.open(file), steps)
    done = go_on(file, steps=steps, device=device, **work)
    say("\n".join(filter(None, [ended, run_lines(done)])))


@shell.command(epilog="Example: flownet breakdown run.h5 --figure breakdown.png")
@click.argument("file", type=click.Path())
@click.option("--at", type=int, help="One step alone, in full.")
@click.option("--every", type=click.IntRange(1), help="Interval of the steps looked at.")
@click.option("--quick", is_flag=True, help="The Taylor terms alone.")
@click.option(
    "--figure",
    type=click.Path(),
    help="Figure to write; FILE with the ending .breakdown.png by default.",
)
def breakdown(file, at, every, quick, figure):
    """What the steps of a run promised and what broke them: terms, their splits into self terms
    and pairs, verdicts, sharpness against 2/step, drift of the charges. Stored in its FILE."""
    from ..linearization.breakdown import breakdown as break_down
    from ..store.trajectory import Trajectory
    from . import plot
    from .report import _measured, _one_step, _tables

    if at is not None and (every or figure or quick):
        raise FlownetError("--at looks at one step: it takes no --every, --quick or --figure.")
    run = Trajectory.open(file)
    if at is not None:
        say(_one_step.one_step(break_down(run, at=at)))
        return
    if figure is None and not quick:
        figure = str(Path(file).with_suffix(".breakdown.png"))
    check_figure(figure)
    if quick:
        found = _measured.measure_quickly(run, every)
        say(found.series)
        draw = partial(plot.breakdown, run, found.series)
    else:
        found = _measured.measure(run, every)
        say(_tables.report(found))
        draw = partial(plot.report, run, found)
    say("\n" + _measured.stored(found))
    if figure:
        say(save(draw(), figure))


@shell.command(epilog="Example: flownet departure run.h5 --every 10 --modified 0.3")
@click.argument("file", type=click.Path())
@click.option("--every", type=click.IntRange(1), help="Interval of the iterations looked at.")
@click.option(
    "--modified",
    type=float,
    multiple=True,
    metavar="H",
    help="Also the modified flows of a step H, of order 1 and 2; as often as wanted.",
)
@click.option(
    "--rtol", type=float, help="Relative tolerance of the flows; flownet.departure's by default."
)
@_work
def departure(file, every, modified, **words):
    """How a run leaves the continuous flow from the same start: distance, loss, path length,
    action gap, and a verdict. Stored in its FILE, with the rows of the flow."""
    from ..store.trajectory import Trajectory
    from .report import _departed

    found = _departed.depart(Trajectory.open(file), every, modified, **_given(words))
    say(found)
    say("\n" + _departed.stored(found))


@shell.command(epilog="Example: flownet exits scripts/experiments/exits.toml")
@click.argument("file", type=click.Path())
@click.option("--low", type=float, help="Smallest step tried; the experiment's/16 by default.")
@click.option("--high", type=float, help="Largest step tried; 4 times the experiment's by default.")
@click.option(
    "--grid",
    type=click.IntRange(2),
    default=25,
    show_default=True,
    help="Steps tried before the bisection.",
)
def exits(file, low, high, grid):
    """The smallest step at which the finite run leaves by another exit than its flow: the minima
    both come to, without the symmetries of hidden units, and the barrier between them. FILE is an
    experiment (TOML) or a run, in whose file it is stored."""
    from .report import _exits

    found, run = _exits.exit_steps(file, low, high, grid)
    say(_exits.as_text(found))
    if run is not None:
        say("\n" + _exits.stored(found, run))


@shell.command(epilog="Example: flownet plot run.h5 -o run.png")
@click.argument("file", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="Figure to write.")
@click.option(
    "--kind",
    type=click.Choice(["breakdown", "loss", "report", "flows", "film"]),
    help="Of a run; breakdown by default.",
)
@click.option("--of", "quantity", help="Of a sweep: which of the quantities that it keeps.")
@click.option("--follow", is_flag=True, help="Draw a run anew as it grows, until it ends.")
def plot(file, output, kind, quantity, follow):
    """Draw a run: its loss, what its steps promised and delivered, or all of its report; flows:
    beside its flow; film: the same as an animation, .gif or .mp4. Of a sweep a curve, or a map:
    where it converges, what fails first, the verdicts, or any other quantity kept."""
    from ..ensemble.rows import is_sweep
    from ..ensemble.sweeps import Sweep
    from ..store.trajectory import Trajectory
    from . import plot as figures

    if is_sweep(file):
        _only_of_runs(kind=kind, follow=follow or None)
        check_figure(output)
        say(save(figures.sweep(Sweep.open(file), y=quantity), output))
        return
    if quantity is not None:
        raise FlownetError("--of is of a sweep, and this file is a run's.")
    kind = kind or "breakdown"
    figures.check_film(output) if kind == "film" else check_figure(output)
    run = Trajectory.open(file)
    if follow:
        say(follow_run(run, kind, output))
    elif kind == "film":
        say(f"film in {figures.film(run, figures.beside(run), output)}")
    else:
        flows = [figures.beside(run)] if kind == "flows" else []
        # click has let through names of figures alone
        say(save(getattr(figures, kind)(run, *flows), output))


@shell.command(epilog="Example: flownet info run.h5")
@click.argument("file", type=click.Path())
@click.option(
    "--verify", is_flag=True, help="Compare all with its checksums, and say what is damaged."
)
def info(file, verify):
    """What the FILE of a run or a sweep holds, and the experiment it came from. With --verify what
    of it is as it was written; a process of its own opens it first, in case it is made to do harm.
    """
    from ..ensemble.rows import is_sweep
    from ..ensemble.sweeps import Sweep
    from ..store.trajectory import Trajectory
    from .report._report import info_lines, sweep_lines

    if verify:
        _verify(file)
    elif is_sweep(file):
        say(sweep_lines(Sweep.open(file)))
    else:
        say(info_lines(Trajectory.open(file)))


def _verify(file):
    from ..ensemble.rows import is_sweep
    from ..ensemble.sweeps import Sweep
    from ..store.reading import apart
    from ..store.trajectory import Trajectory

    kind, remedy = Trajectory, "`flownet repair` saves the rest in a new file"
    if apart(file, is_sweep):
        kind, remedy = Sweep, "`flownet resume` runs damaged members again"
    found = kind.open(file, trusted=False).verify()
    say(found)
    if not found.is_whole:
        raise FlownetError(f"{file} is damaged: {remedy}.")


@shell.command(epilog="Example: flownet repair run.h5 -o saved.h5")
@click.argument("file", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="New file to save into.")
@click.option("--overwrite", is_flag=True, help="Replace the new file if it exists.")
def repair(file, output, overwrite):
    """Save what can be saved of a damaged or cut FILE into a new one, and say what that is. The
    FILE stays as it is; a run whose last rows are lost goes on with `flownet resume`."""
    from ..store.writing import repair as save_the_rest
    from .report._report import repaired_lines

    say(repaired_lines(save_the_rest(file, output, overwrite=overwrite), output))


@shell.command(epilog="Example: flownet devices")
def devices():
    """What there is to compute on: the CPU, and CUDA devices, or what would help to have one."""
    from ._devices import device_lines

    say(device_lines())


def _only_of_runs(**words):
    """Refuse options that a sweep has no use for."""
    for name in _given(words):
        raise FlownetError(f"--{name.replace('_', '-')} is of a run, and this file is a sweep's.")


def main():
    """Run the shell."""
    with answering():
        shell(standalone_mode=False)
