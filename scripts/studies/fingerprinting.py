"""Magnetic-resonance fingerprinting: relaxation times and off-resonance from one complex signal.

An inversion and 100 balanced pulses of pseudo-random flip angle and spacing leave a signal s(p) of
100 readings, p = (T1, T2, f), simulated by rotations, precession and relaxation
(`flownet.data.bloch`); it arrives with noise and with an unknown amplitude and phase. Networks of
equal numbers of real parameters read log T1, log T2 and f off the signal, normalised to a mean
square of 1: complex ones with a cardioid, ReLU on both parts or modReLU, read out as Re z, and a
real one with ReLU on (Re x, Im x). Each learns from signals as they are; from them and seven turned
copies of each; and from signals turned so that the first reading is positive, which takes the
unknown phase out by hand.

Beside them stand the dictionary, the entry d of a grid with the largest |dᴴx|/‖d‖; maximum
likelihood, a few Gauss–Newton steps from there; and the Cramér–Rao bound, from the Fisher
information 2 Re JᴴJ/σ² of p and of the complex amplitude, J = (c ∂s/∂p, s, is), averaged over the
tissues. Writes one figure: medians of four seeds, each with signals of its own, and their range.

What it says. With the phase unknown the cardioid network errs by a fifth to a quarter less than the
real one, and other complex activations do as well or better; turned copies help both, and the lead
stays. Taking the phase out by hand does more than complex numbers do; after it the cardioid still
leads, by an eighth for T1 and T2 and a third for f. The best networks are better than this
dictionary for T1 and T2 and worse for f, and all of them are above maximum likelihood, which is at
the bound.
"""

import numpy as np
from command import command
from equal_terms import (
    Rival,
    bars,
    compare,
    parts,
    predict,
    real_size,
    spread,
    unturned,
    whole,
    written,
)

import flownet as fn
from flownet.data import bloch, pulses, tissue
from flownet.data._fingerprint import ECHO
from flownet.desk.plot._style import INK, STYLE

POINTS, SNR, HIDDEN = 100, 40.0, 32
QUANTITIES = ("Relaxation time T1", "Relaxation time T2", "Off-resonance f")
#: how the unknown phase is met: not at all, by copies turned by eighths of a turn, or taken out
TREATMENTS = ("as it is", "8 copies", "unturned")
LABELS = (
    "signals as they are, of unknown phase",
    "8 turned copies of each to learn from",
    "signals turned: first reading positive",
)
UNITS = ("error of T1 in %", "error of T2 in %", "error of f in Hz")
NUDGE = 1e-4  # of a coordinate, for a difference quotient


def rivals(points=POINTS):
    """The networks, each of about 8750 real parameters, in each of the TREATMENTS."""
    sizes, complex_ = [points, HIDDEN, HIDDEN, 3], dict(dtype="complex64", output="real")
    return {
        **treated("complex, cardioid", fn.Network(sizes, "cardioid", **complex_)),
        **treated("complex, split ReLU", fn.Network(sizes, "split_relu", **complex_)),
        **treated("complex, modReLU", fn.Network(sizes, "modrelu", **complex_)),
        **real_rivals(points),
    }


def real_rivals(points=POINTS):
    """The real network; its widths did best of three of the size: 37-32, 32-64 and 24-64-32."""
    return treated(
        "real, ReLU",
        fn.Network([2 * points, HIDDEN, 2 * HIDDEN, 3], "relu", dtype="float32", init="he-normal"),
        parts,
    )


def treated(name, network, view=whole):
    """A network that learns from signals as they are, from turned copies too, and from unturned."""
    views = (lambda x: view(normalised(x)), lambda x: view(normalised(unturned(x))))
    made = (Rival(network, views[0]), Rival(network, views[0], 8), Rival(network, views[1]))
    return {(name, treatment): rival for treatment, rival in zip(TREATMENTS, made)}


def normalised(x):
    """Signals of mean square 1."""
    return x / np.sqrt(np.mean(np.abs(x) ** 2, axis=1, keepdims=True))


def signal(y, points=POINTS):
    """s(p) (m, points) of coordinates y (m, 3) from −1 to 1."""
    return bloch(*tissue(y).T, *pulses(points), ECHO, start=-1.0)


def slopes(y, points=POINTS):
    """s (m, points) and ∂s/∂y (m, points, 3), by central differences."""
    sides = [signal(y + side * NUDGE * row, points) for row in np.eye(3) for side in (1, -1)]
    return signal(y, points), np.stack(
        [(up - down) / (2 * NUDGE) for up, down in zip(sides[::2], sides[1::2])], axis=2
    )


def errors(y_hat, y):
    """RMS errors of T1 and T2 in per cent (of their logarithms) and of f in Hz, (3,)."""
    found, true = tissue(y_hat), tissue(y)
    apart = np.column_stack([100 * np.log(found[:, :2] / true[:, :2]), found[:, 2] - true[:, 2]])
    return np.sqrt(np.mean(apart**2, axis=0))


def dictionary(points=POINTS, counts=(40, 40, 61)):
    """Coordinates (n, 3) of a grid, and their signals (n, points) of norm 1."""
    axes = np.meshgrid(*(np.linspace(-1, 1, count) for count in counts), indexing="ij")
    y = np.stack(axes, axis=-1).reshape(-1, 3)
    entries = signal(y, points)
    return y, (entries / np.linalg.norm(entries, axis=1, keepdims=True)).astype(np.complex64)


def match(entries, x, rows=100):
    """Coordinates (m, 3) of the entries that fit signals x (m, points) best."""
    y, d = entries
    blocks = [x[k : k + rows].astype(np.complex64) for k in range(0, len(x), rows)]
    return np.concatenate([y[np.abs(block @ d.conj().T).argmax(axis=1)] for block in blocks])


def refined(y, x, steps=6):
    """Maximum likelihood (m, 3): Gauss–Newton steps for y and the complex amplitude."""
    for _ in range(steps):
        s, ds = slopes(y, x.shape[1])
        c = np.sum(s.conj() * x, axis=1) / np.sum(np.abs(s) ** 2, axis=1)
        J = _columns(c[:, None, None] * ds, s)
        rest = x - c[:, None] * s
        normal = np.einsum("mni,mnj->mij", J.conj(), J).real
        force = np.einsum("mni,mn->mi", J.conj(), rest).real
        y = np.clip(y + np.linalg.solve(normal, force[..., None])[:, :3, 0], -1, 1)
    return y


def bound(y, points=POINTS, snr=SNR):
    """Cramér–Rao bounds (3,) in the units of `errors`: the root of their mean square over y."""
    s, ds = slopes(y, points)
    J = _columns(ds, s)
    fisher = 2 * 10 ** (snr / 10) * np.einsum("mni,mnj->mij", J.conj(), J).real
    weaker = (4 - 1 / 4) / (2 * np.log(4))  # E[1/A²] of amplitudes even in log A from ½ to 2
    variance = weaker * np.einsum("mii->mi", np.linalg.inv(fisher))[:, :3].mean(axis=0)
    decade, hertz = np.log(10) / 2, 30.0  # of log T and of f in a unit of y
    return np.sqrt(variance) * [100 * decade, 100 * decade, hertz]


def _columns(ds, s):
    return np.concatenate([ds, s[..., None], 1j * s[..., None]], axis=2)


def learning_set(m, points=POINTS, snr=SNR):
    """Samples that the run of a seed learns from."""

    def drawn(seed):
        data = fn.data.fingerprint(m=m, points=points, snr=snr, seed=seed)
        return data.x, data.y

    return drawn


def learnt(networks, m=10_000, steps=20_000, seeds=4, points=POINTS, snr=SNR):
    """{(name, treatment): (rate, [W of each seed])}; 1000 samples held out choose the rate."""
    cases = {key: (rival, learning_set(m, points, snr)) for key, rival in networks.items()}
    return compare(
        cases, fn.Quadratic(), learning_set(1000, points, snr)(1_000_000), steps=steps, seeds=seeds
    )


def beside(data, points=POINTS, snr=SNR):
    """Errors (3,) of the methods that nobody had to teach, and the bound."""
    nearest = match(dictionary(points), data.x)
    return {
        "dictionary": errors(nearest, data.y),
        "maximum likelihood": errors(refined(nearest, data.x), data.y),
        "Cramér–Rao bound": bound(data.y, points, snr),
    }


def print_table(networks, found, results, others):
    """A line for each network and each method beside them."""
    print(
        f"RMS errors of T1 and T2 in %, of f in Hz, {POINTS} readings, SNR {SNR:g} dB: median "
        "(range) of the\nseeds; last the number of real parameters and the learning rate"
    )
    for key, values in results.items():
        print(
            f"  {key[0]:19} {key[1]:9}"
            + "   ".join(written(*value, ".2f") for value in zip(*values))
            + f"   {real_size(networks[key].network)}  {found[key][0]:g}"
        )
    for name, values in others.items():
        print(f"  {name:29}" + "   ".join(f"{value:<16.2f}" for value in values).rstrip())


def draw(results, others):
    """Three signals, and the errors of the three quantities."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 7.6), layout="constrained")
        axes = figure.subplots(2, 2).ravel()
        draw_signals(axes[0])
        names = list(dict.fromkeys(name for name, _ in results))
        for quantity, axis in enumerate(axes[1:]):
            for i, treatment in enumerate(TREATMENTS):
                values = np.array([results[name, treatment] for name in names])[:, :, quantity].T
                axis.errorbar(
                    np.arange(len(names)) + 0.15 * (i - 1),
                    *bars(*values),
                    fmt="o^s"[i],
                    color=INK[(0, 3, 2)[i]],
                    capsize=4,
                    markersize=7,
                    markerfacecolor=(INK[0], "#d8b8c8", "white")[i],
                    label=LABELS[i],
                )
            for style, (name, values) in zip(("-.", "-", ":"), others.items()):
                axis.axhline(
                    values[quantity], color="#222222", linewidth=1.2, linestyle=style, label=name
                )
            axis.set_xticks(range(len(names)), [name.replace(", ", "\n") for name in names])
            axis.set(
                xlim=(-0.5, len(names) - 0.5),
                ylim=(0, None),
                ylabel="RMS " + UNITS[quantity],
                title=QUANTITIES[quantity],
            )
            axis.grid(axis="x", visible=False)
        figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncol=3)
        figure.suptitle(
            "Magnetic-resonance fingerprinting: T1, T2 and off-resonance from "
            f"{POINTS} noisy complex readings, networks of 8750 real parameters"
        )
    return figure


def draw_signals(axis):
    """|s_n| of three tissues without noise."""
    tissues = np.array([[1.0, 0.08, 0.0], [2.5, 0.25, 0.0], [1.0, 0.08, 20.0]])
    signals = bloch(*tissues.T, *pulses(POINTS), ECHO, start=-1.0)
    for i, (size, (t1, t2, f)) in enumerate(zip(np.abs(signals), tissues)):
        axis.plot(
            size,
            color=INK[i],
            linestyle=("-", "--", ":")[i],
            label=f"T1 {1000 * t1:.0f} ms, T2 {1000 * t2:.0f} ms, f {f:.0f} Hz",
        )
    axis.set(
        xlabel="pulse n",
        ylabel="signal |s|, of equilibrium",
        ylim=(0, 0.85),
        title="Fingerprints of three tissues",
    )
    axis.legend(loc="upper right")


def main(output):
    """Learn, measure, print, draw."""
    networks = rivals()
    data = fn.data.fingerprint(split="test", m=1000, points=POINTS, snr=SNR)
    others = beside(data)
    found = learnt(networks)
    results = {
        key: spread([errors(predict(networks[key], W, data.x), data.y) for W in states])
        for key, (_, states) in found.items()
    }
    print_table(networks, found, results, others)
    draw(results, others).savefig(output, dpi=115)
    print(f"figure in {output}")


if __name__ == "__main__":
    main(command(__file__, __doc__).parse_args().output)
