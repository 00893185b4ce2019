"""The house style of figures, and the marks they share."""

import numpy as np

#: neighbours differ in brightness, and all of them in their dashes
INK = ("#1f3b73", "#2a9d8f", "#e07a2f", "#8f2d56", "#7a7a7a", "#111111", "#6db3e8", "#a88500")
DASHES = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.5)),
    "-.",
    ":",
    (0, (9, 2, 2, 2, 2, 2)),
    (0, (12, 3)),
    (0, (4, 1, 1, 1)),
)
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.dpi": 150,
    "axes.titlesize": 11,
}
MOST = 1e200  # what an axis can still scale
_MANY = 100  # values whose running median is drawn
TIME = "time t = Σ step"


def look(i):
    """Colour and dashes of the i-th line, the same in every panel of a figure.

    The first eight differ in both; colours come again then, each with other dashes.
    """
    return {"color": INK[i % len(INK)], "linestyle": DASHES[(i + i // len(INK)) % len(DASHES)]}


def line(axis, i, x, y, label=None, **style):
    """The i-th line of a panel."""
    axis.plot(x, y, label=label, **{**look(i), **style})


def trend(axis, i, x, y, label=None, size=3):
    """Every value a faint dot, and a line; a run that diverges leaves the axis.

    The line is the running median of many values, and goes through few: it never runs where no
    value is.
    """
    drawn = np.abs(y) < MOST
    x, y = x[drawn], y[drawn]
    axis.plot(x, y, ".", color=INK[i % len(INK)], alpha=0.35, markersize=size)
    line(axis, i, x, running_median(y), label)


def dots_and_line(count):
    """What `trend` draws of so many steps, in words."""
    return "dots: steps; line: their running median" if count >= _MANY else "steps looked at"


def below(axis, **options):
    """Legend under the axis, where no line can run through it."""
    axis.legend(**{"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "ncol": 2, **options})


def below_all(figure, axis, **options):
    """One legend under all panels of a figure, of what one of them shows."""
    handles, labels = axis.get_legend_handles_labels()
    words = {"loc": "outside lower center", "ncols": min(4, len(labels)), **options}
    figure.legend(handles, labels, **words)


def beside_axis(axis, y, text):
    """A word for a line across the panel, to its right, where no data are."""
    place = {"xycoords": ("axes fraction", "data"), "xytext": (4, 0), "textcoords": "offset points"}
    axis.annotate(text, (1, y), ha="left", va="center", fontsize="small", **place)


def running_median(values):
    """Median of the values around each, a sixtieth of them all; of a few values they themselves."""
    if len(values) < _MANY:
        return values
    width = max(5, len(values) // 60) | 1
    padded = np.pad(values, width // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)


def log_if_wide(axis, values):
    """A logarithmic axis for positive values of more than a factor of 20."""
    positive = values[values > 0]
    if len(positive) == len(values) and positive.size and positive.max() > 20 * positive.min():
        axis.set_yscale("log")


def power_of_ten(size):
    """The power of ten below: where an axis that is logarithmic on both sides turns linear."""
    return 10.0 ** np.floor(np.log10(size))


_NAMELESS = "user"  # data that were handed in without a name
_NAMES = {
    "newton": "Newton",
    "nesterov": "Nesterov",
    "langevin": "Langevin",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "sam": "SAM",
    "thierry-mieg": "Thierry-Mieg",
    "runge-kutta": "Runge–Kutta",
}


def loss_label(run):
    """What the losses of a run are."""
    batch = run.experiment.get("run", {}).get("batch_size")
    return "loss L" if batch is None else f"loss of each mini-batch of {batch}"


def title_of(run):
    """Data, sizes, mechanics and step of a run; of a flow its time."""
    tables = run.experiment
    name = tables.get("data", {}).get("name", _NAMELESS)
    data = "" if name == _NAMELESS else name
    return f"{data} {_shape_of(run)}, {_motion_of(tables)}".strip()


def _shape_of(run):
    """Sizes of a network; kind and sizes of a physical system; else what the potential is."""
    network, system = (run.experiment.get(name, {}) for name in ("network", "system"))
    sizes = "-".join(map(str, network.get("sizes", system.get("sizes", []))))
    if "kind" in system:
        return f"{system['kind']} {sizes}".strip()
    return sizes or repr(run.potential)


def _motion_of(tables):
    mechanics = tables.get("mechanics", {"kind": "aristotle"})
    kind = mechanics["kind"]
    whose = "" if kind == "aristotle" else f"{_NAMES.get(kind, kind)}, "
    if "flow" in tables:
        return f"{whose}flow to t = {tables['flow']['time']:g}"
    if "rtol" in mechanics:
        return f"{whose}rtol {mechanics['rtol']:g}"
    if isinstance(mechanics.get("base"), dict):  # mechanics of other mechanics
        return whose + _motion_of({"mechanics": mechanics["base"]})
    return whose + _step_of(mechanics.get("step"))


def _step_of(step):
    """A step in words: a number, the text of a policy, or a schedule of another form."""
    if isinstance(step, str):
        return f"step {step}"
    return f"step {step:g}" if isinstance(step, (int, float)) else "scheduled steps"


def losses(axis, run):
    """Loss of each step, a panel of every figure."""
    record = run.observables["loss"]
    many = len(record.value) >= _MANY
    trend(axis, 0, record.time, record.value, "each step" + many * " (line: running median)")
    log_if_wide(axis, record.value)
    axis.set(xlabel=TIME, ylabel=loss_label(run), title=title_of(run))
