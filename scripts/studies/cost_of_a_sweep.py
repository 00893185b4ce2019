"""What a sweep costs: a member's step against members, samples and parameters, and a model of it.

    python scripts/studies/cost_of_a_sweep.py [--quick] [-o FIGURE]

Times are those of one processor's work, so that other programs do not count; members stand in the
lanes of one kernel. The model, so many nanoseconds a sample and parameter and so many microseconds
a member, then says what large sweeps take on many cores, and how large their files are.
"""

import time

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import INK, STYLE

MEMBERS = (64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
SAMPLES = (17, 34, 68, 136, 272, 544)
WIDTHS = (4, 8, 16, 24, 32, 48)
STEPS = 40
_BYTES = 8 + 1 + 8 + 8 + 1  # of the last loss, the verdict, its iteration, the steps, and the mark


def experiment(width=16, samples=272, steps=STEPS):
    """Descent of a 16-n-1 tanh network without biases on noise."""
    data = fn.data.load("gaussian", m=samples, n_in=16)
    potential = fn.Potential(fn.Network([16, width, 1], bias=False), fn.Quadratic(), data)
    return fn.Experiment.of(potential, fn.Aristotle(1.0), steps=steps)


def seconds(given, members):
    """Processor seconds of a sweep of so many members, none of which diverges."""
    steps = np.geomspace(1e-4, 1e-2, members)
    began = time.process_time()
    fn.sweep(given, axes={"mechanics.step": steps}, threads=1, progress=False)
    return time.process_time() - began


def measured(quick):
    """(members, samples, parameters, µs a member and step), printed as they come, in three rows."""
    seconds(experiment(), 64)
    most = 4096 if quick else MEMBERS[-1]
    rows = [[], [], []]
    for members in (n for n in MEMBERS if n <= most):
        rows[0].append(_row(16, 272, members, STEPS))
    for samples in SAMPLES:
        rows[1].append(_row(16, samples, 256, 400))
    for width in WIDTHS:
        rows[2].append(_row(width, 272, 256, 400))
    return [np.array(row) for row in rows]


def _row(width, samples, members, steps):
    given = experiment(width, samples, steps)
    times = [seconds(given, members) for _ in range(1 if members > 10_000 else 3)]
    D, micros = 17 * width, 1e6 * min(times) / members / steps
    print(f"{members:>9} members {samples:>5} samples D = {D:>4} {micros:>8.3f} µs", flush=True)
    return members, samples, D, micros


def model(rows):
    """Coefficients of a member's step in µs, m·D, m and 1, and µs a member, by least squares."""
    _, samples, D, micros = np.concatenate(rows[1:]).T
    a = np.stack([samples * D, samples, np.ones_like(D)], 1)
    slopes, *_ = np.linalg.lstsq(a / micros[:, None], np.ones_like(micros), rcond=None)
    _, samples, D, micros = rows[0].T
    return slopes, np.median(micros - of_model(slopes, samples, D)) * STEPS


def of_model(slopes, samples, D):
    """µs of a member's step."""
    return slopes[0] * samples * D + slopes[1] * samples + slopes[2]


def draw(rows, found):
    """Three panels: members, samples, parameters."""
    import matplotlib
    from matplotlib.figure import Figure

    slopes, once = found
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 4.0), layout="constrained")
        names = ("members", "samples m (D = 272)", "parameters D (m = 272)")
        for i, (ax, name) in enumerate(zip(figure.subplots(1, 3), names)):
            x, micros = rows[i][:, i], rows[i][:, 3]
            ax.plot(x, micros, "o", color=INK[0], label="measured")
            steps = STEPS if i == 0 else 400
            line = of_model(slopes, *rows[i][:, 1:3].T) + once / steps
            ax.plot(x, line, color=INK[2], linestyle="--", label="model")
            ax.set(xlabel=name, ylim=(0, 1.25 * max(micros.max(), line.max())))
            if i == 0:
                ax.set(xscale="log", ylabel="core-µs of a member's step")
                ax.legend(loc="lower left")
            ax.set_title(("flat", "linear", "linear")[i])
        figure.suptitle("What a member's step costs, 16-n-1, float64, one core")
    return figure


def predictions(found):
    """Lines: what 10⁹ and 10¹² member-steps of the fractal's setting take on some cores."""
    slopes, once = found
    each = of_model(slopes, 272, 272) + once / 500
    yield (
        f"model: {1e3 * slopes[0]:.3f} ns a sample and parameter, {1e3 * slopes[1]:.1f} ns a "
        f"sample, {slopes[2]:.2f} µs a step, {once:.0f} µs a member"
    )
    for steps in (1e9, 1e12):
        for cores in (1, 64, 4096):
            hours = steps * each * 1e-6 / cores / 3600
            yield f"{steps:.0e} member-steps on {cores:>4} cores: {hours:10.3g} h"
        ends, curve = (steps / 500 * bytes / 1e9 for bytes in (_BYTES, 50 * 8))
        yield (
            f"{steps:.0e} member-steps, {steps / 500:.0e} members of 500: {ends:.3g} GB, with a "
            f"curve of 50 losses {curve + ends:.3g} GB"
        )


def main():
    """Measure, say what is predicted, and draw."""
    parser = command(__file__, __doc__)
    parser.add_argument("--quick", action="store_true", help="up to 4096 members")
    options = parser.parse_args()
    rows = measured(options.quick)
    found = model(rows)
    for line in predictions(found):
        print(line)
    draw(rows, found).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
