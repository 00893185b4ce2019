"""Test errors over the epochs of a few seeds: a sentence of each case, and one figure of all."""

import numpy as np

from flownet.desk.plot._style import STYLE, below, line

_TICKS = [1, 2, 5, 10, 20, 50, 100]


def said(name, errors, epochs):
    """Mean and spread of the last of test errors (seeds, epochs+1), in words."""
    last = 100 * errors[:, -1]
    spread = f" ± {last.std(ddof=1):.2f}" if len(last) > 1 else ""
    return (
        f"{name}: {last.mean():.2f}{spread} % test error after {epochs:.0f} epochs, "
        f"{len(last)} seeds"
    )


def draw(found, title):
    """The mean of the seeds, a band from the least to the largest; of names to (epochs, errors)."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axis = figure.subplots()
        for i, (name, (epochs, errors)) in enumerate(found.items()):
            line(axis, i, epochs, 100 * errors.mean(axis=0), name)
            low, high = 100 * errors.min(axis=0), 100 * errors.max(axis=0)
            axis.fill_between(epochs, low, high, color=axis.lines[-1].get_color(), alpha=0.2, lw=0)
        axis.set(xlabel="epochs", ylabel="test error (%)", yscale="log", title=title)
        axis.set_yticks(_TICKS, map(str, _TICKS))
        below(axis, ncol=np.clip(len(found), 2, 3))
    return figure
