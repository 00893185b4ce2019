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
            f"{_signed(b.actual, b.noise['actual']):>12}{b.ratio:>9.2g}{b.critical_step:>15.4g}")
    return "\n".join([*lines, "", _summary(series)])


def _summary(series):
    broken = int(np.sum(series.ratio > 1))
    uphill = int(np.sum(series.actual > 0))
    return (f"of {len(series)} steps, {broken} lie beyond their critical step and {uphill} go "
            f"uphill; median second/first {np.median(series.ratio):.3g}")


def _signed(value, floor):
    """A number, or `noise` where it is below its floor."""
    return f"{value:+.3e}" if abs(value) > floor else "noise"


def _share(value, promise):
    return f"{100 * value / abs(promise):+.2f} %" if promise else "—"
