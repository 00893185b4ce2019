"""What `pretraining.py` found, as a table and as a figure."""

import numpy as np

from flownet.desk.plot._style import DASHES, INK, STYLE

DRAWN = ("no pretraining", "frozen", "stiff (100)", "free", "no pretraining, init × 4")
MARKS = "osD^v"
CLASSES = 10
TITLE = (
    "Pretrained layers frozen, stiff or free: with few labels they pay in a deep sigmoid "
    "network, hardly in one of tanh"
)


def error(values):
    """Standard error of a mean over the seeds."""
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))


def table(study):
    """Accuracy and loss of each arm, and paired differences of accuracy over the seeds."""
    lines = [
        f"{'held out':32}{'accuracy, %':>12}{'loss':>15}{'step for':>11}"
        f"{'accuracy minus that of':>28}",
        f"{'labels':>6}{'each':>64}{'no pretraining':>16}{'free':>12}",
    ]
    for (n, name), result in study.results.items():
        against = [
            100 * (result.accuracy - study.results[n, other].accuracy)
            for other in ("no pretraining", "free")
        ]
        lines.append(
            f"{CLASSES * n:>6}  {name:24}{_told(100 * result.accuracy, '.1f'):>12}"
            f"{_told(result.loss, '.3f'):>15}{'/'.join(f'{s:g}' for s in result.steps):>11}"
            + "".join(
                f"{_told(difference, '+.1f') if difference.any() else '':>{width}}"
                for difference, width in zip(against, (16, 12))
            )
        )
    return "\n".join(line.rstrip() for line in lines)


def path_table(study, labels):
    """Length of each layer's path in the plain metric, mean over the seeds."""
    lines = [
        f"{f'path lengths at {labels} labels':32}"
        + "".join(f"{name:>12}" for name in _layers(study))
    ]
    for name, lengths in study.lengths.items():
        lines.append(f"{'':8}{name:24}" + "".join(f"{x:>12.2f}" for x in lengths.mean(axis=0)))
    return "\n".join(lines)


def _layers(study):
    return [*(f"hidden {k + 1}" for k in range(study.network.layers - 1)), "readout"]


def _told(values, form):
    return f"{values.mean():{form}} ± {error(values):{form.lstrip('+')}}"


def draw(studies, lengths_at):
    """A row for each network: held-out error, held-out loss, path lengths of the layers."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(13, 8), layout="constrained")
        rows = figure.subplots(len(studies), 3, sharex="col", squeeze=False)
        for axes, study in zip(rows, studies):
            _curves(axes[0], study, lambda result: 100 * (1 - result.accuracy))
            _curves(axes[1], study, lambda result: result.loss)
            _paths(axes[2], study)
            name = study.network.activation[0]
            axes[0].set(ylabel="held-out error, %", title=f"{name}: error, 100 % − accuracy")
            axes[1].set(ylabel="held-out loss L", title=f"{name}: cross-entropy")
            axes[2].set(
                ylabel="length Σ‖ΔW‖ of a layer's path",
                title=f"{name}: paths at {CLASSES * lengths_at} labels (frozen: 0)",
            )
        for axis in rows[-1, :2]:
            axis.set_xlabel("number of labels")
        rows[-1, 2].set_xlabel("layer")
        figure.legend(*rows[0, 0].get_legend_handles_labels(), loc="outside lower center", ncol=5)
        sizes = "-".join(map(str, studies[0].network.sizes))
        seeds = len(studies[0].results[lengths_at, "free"].loss)
        figure.suptitle(f"{TITLE}\ndigits, {sizes} networks, {seeds} seeds; bars: standard error")
    return figure


def _curves(axis, study, value):
    per_class = sorted({n for n, _ in study.results})
    labels = CLASSES * np.array(per_class)
    for i, name in enumerate(DRAWN):
        values = np.array([value(study.results[n, name]) for n in per_class]).T
        _bars(axis, i, labels * 1.03 ** (i - 2), values, label=name)
    axis.set(xscale="log")
    _plain(axis)
    axis.set_xticks(labels, [str(n) for n in labels])
    axis.set_xticks([], minor=True)


def _paths(axis, study):
    layers = np.arange(study.network.layers)
    for i, name in enumerate(DRAWN):
        moved = study.lengths[name].mean(axis=0) > 0
        _bars(axis, i, layers[moved] + 0.06 * (i - 2), study.lengths[name][:, moved])
    _plain(axis)
    axis.set_xticks(layers, _layers(study))
    axis.set_xlim(-0.4, len(layers) - 0.6)


def _bars(axis, i, x, values, label=None):
    """The i-th line: means over the seeds (the first axis) and their standard errors."""
    axis.errorbar(
        x,
        values.mean(axis=0),
        error(values),
        label=label,
        color=INK[i],
        linestyle=DASHES[i],
        marker=MARKS[i],
        markersize=4.5,
        capsize=2,
    )


def _plain(axis):
    """A logarithmic axis whose ticks are plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter("{x:g}")
