"""Breakdowns as tables that a person can read, at most 100 columns wide."""

import numpy as np

_MOST_ROWS = 14


def one_step(b):
    """Table of one step."""
    where = "" if b.iteration is None else f" at iteration {b.iteration}"
    lines = [f"A step of {b.step:.4g}{where}; the loss before it is {b.loss:.6g}", "",
             f"{'term':<28}{'value':>14}{'of the promise':>17}{'noise floor':>14}"]
    for label, name in (("promised (first order)", "linear"), ("second order, exact", "second"),
                        ("remainder (third and on)", "remainder"), ("delivered", "actual")):
        lines.append(f"{label:<28}{_signed(getattr(b, name), b.noise[name]):>14}"
                     f"{_share(getattr(b, name), b.linear):>17}{b.noise[name]:>14.1e}")
    return "\n".join([*lines, "", _verdict(b)])


def _verdict(b):
    critical = b.critical_step
    if np.isnan(critical):
        return "the promise is noise: nothing can be said of the step"
    if np.isinf(critical):
        return "second order vanishes: no critical step"
    bend = "against" if critical > 0 else "along with"
    return (f"critical step {abs(critical):.4g}, where second order, {bend} the promise, equals "
            f"first;\nthis step is {b.ratio:.3g} of it")


def along_run(series):
    """Table of some steps of a run, evenly spread."""
    if not len(series):
        return "no steps"
    chosen = np.unique(np.linspace(0, len(series) - 1, min(_MOST_ROWS, len(series))).round())
    lines = [f"{'step k':>8}{'loss':>12}{'promised':>12}{'second':>12}{'remainder':>12}"
             f"{'delivered':>12}{'2nd/1st':>9}{'critical step':>15}"]
    for i in chosen.astype(int):
        b = series[i]
        lines.append(
            f"{b.iteration:>8}{b.loss:>12.4g}{_signed(b.linear, b.noise['linear']):>12}"
            f"{_signed(b.second, b.noise['second']):>12}"
            f"{_signed(b.remainder, b.noise['remainder']):>12}"
            f"{_signed(b.actual, b.noise['actual']):>12}{_told(b.ratio, '.2g'):>9}"
            f"{_told(b.critical_step, '.4g'):>15}")
    return "\n".join([*lines, "", _summary(series)])


def _summary(series):
    told = np.isfinite(series.ratio)
    left_out = f" ({np.sum(~told)} more are noise)" if not told.all() else ""
    if not told.any():
        return f"all {len(series)} steps are noise"
    uphill = int(np.sum(series.actual[told] > 0))
    return (f"of {np.sum(told)} steps{left_out}, {np.sum(series.ratio[told] > 1)} lie beyond their "
            f"critical step and {uphill} go uphill;\nmedian second/first "
            f"{np.median(series.ratio[told]):.3g}")


def _signed(value, floor):
    """A number, or `noise` where it is below its floor."""
    return f"{value:+.3e}" if abs(value) > floor else "noise"


def _told(value, form):
    return "noise" if np.isnan(value) else format(value, form)


def _share(value, promise):
    return f"{100 * value / abs(promise):+.2f} %" if promise else "—"
