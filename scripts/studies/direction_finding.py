"""Direction finding on a line of antennas: complex networks that cannot see the carrier's phase.

Eight antennas half a wavelength apart see one source at angle θ in one snapshot,

    x_n = A e^{iφ} e^{iπnu} + ν_n,    u = sin θ,    φ unknown,    E|ν|² = 1,    A² = SNR.

A network gives logits of 24 bins over u. Its truth is soft, each u shared between the two nearest
bins as their linear interpolation, so that Σ p_k u_k of the network that fits best is the posterior
mean of u. Compared at equal numbers of real parameters, samples and steps:

    complex, invariant      modReLU, no bias, logits |z|: f(e^{iα}z) = e^{iα}f(z) in each layer, so
                            that the answer is the same, to rounding, whatever the phase
    complex, cardioid, |z|  cardioid and bias, neither of them equivariant, logits |z|
    complex, cardioid, Re z the same with logits Re z
    real                    ReLU on (Re x, Im x); the same on snapshots turned so that antenna 0 is
                            real; and the same with 16 turned copies of every sample to learn from

Beside them stand the beamformer max_u |a(u)ᴴx|², which is the maximum-likelihood estimate, the
posterior mean of u with the SNR given away, below which no estimate can be in the mean, and the
Cramér–Rao bound. With μ = A e^{iφ} a(u) the Fisher information 2 Re ∂μᴴ∂μ of (u, φ) is

    2A² [ π²Σn²  πΣn ; πΣn  N ],    so that    var u ≥ 1/(2π²A²(Σn² − (Σn)²/N))
                                                     = 6/(π²A² N(N² − 1))

(A is not correlated with either). Writes one figure: the error against the SNR, against the number
of samples learnt from (medians of five seeds, each with samples of its own, bars from the lowest to
the highest), and against the phase that a snapshot is turned by.

What it says. From 1000 samples, at 10 dB, the invariant network errs by 0.0136 and the real one by
0.043; the bound is 0.0110. Most of that is the readout |z|, which a cardioid and a bias hardly
spoil (0.0157); complex numbers alone do not help, for with Re z they are worse than real ones
(0.14). Turned copies serve the real network nearly as well (0.0170), and from 16000 samples it gets
there without (0.0138). At 20 dB no network follows the beamformer: 0.014 and more, against 0.0035.
A complex weight costs twice the arithmetic of the two real ones that it is counted as.
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
from scipy.special import i0e

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE

ANTENNAS, BINS, SECTOR = 8, 24, 0.9
SNRS, PRINTED = tuple(np.arange(-5.0, 20.1, 2.5)), [2, 4, 6, 10]
SAMPLES, SHOWN, AT = (500, 1000, 2000, 4000, 8000, 16000), 1000, 10.0
CENTRES = np.linspace(-SECTOR, SECTOR, BINS)


def rivals():
    """The networks, each of about 1570 real parameters."""

    def of(hidden, activation, output, **words):
        return Rival(
            fn.Network(
                [ANTENNAS, hidden, BINS], activation, output=output, dtype="complex64", **words
            ),
            whole,
        )

    real = fn.Network([2 * ANTENNAS, 38, BINS], "relu", dtype="float32", init="he-normal")
    return {
        "complex, invariant": of(24, "modrelu", "abs", bias=False),
        "complex, cardioid, |z|": of(23, "cardioid", "abs"),
        "complex, cardioid, Re z": of(23, "cardioid", "real"),
        **real_rivals(real),
    }


def real_rivals(network):
    """A real network on the snapshot, on one of known phase, and with turned copies."""
    return {
        "real": Rival(network, parts),
        "real, antenna 0 turned real": Rival(network, lambda x: parts(unturned(x))),
        "real, 16 turned copies": Rival(network, parts, 16),
    }


def soft_bins(u):
    """Truth (m, BINS) of directions (m, 1): shares of the two nearest bins that make up u."""
    place = (u + SECTOR) / (2 * SECTOR) * (BINS - 1)
    return np.clip(1 - np.abs(place - np.arange(BINS)), 0, None)


def mean_direction(logits):
    """Σ p_k u_k (m,) of logits (m, BINS)."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p @ CENTRES / p.sum(axis=1)


def beamformer(x, points=2001):
    """Direction (m,) of the largest |a(u)ᴴx|², between grid points by a parabola."""
    u = np.linspace(-SECTOR, SECTOR, points)
    power = np.abs(x @ fn.data.steering(u, x.shape[1]).conj().T) ** 2
    k = np.clip(power.argmax(axis=1), 1, points - 2)
    low, here, high = (power[np.arange(len(x)), k + j] for j in (-1, 0, 1))
    shift = 0.5 * (low - high) / (low - 2 * here + high)
    return u[k] + (u[1] - u[0]) * np.clip(shift, -1, 1)


def posterior_mean(x, amplitude, points=2001):
    """E[u | x, A] (m,): the phase integrated out leaves p(x|u) ∝ I₀(2A|a(u)ᴴx|)."""
    u = np.linspace(-SECTOR, SECTOR, points)
    q = 2 * amplitude * np.abs(x @ fn.data.steering(u, x.shape[1]).conj().T)
    p = i0e(q) * np.exp(q - q.max(axis=1, keepdims=True))
    return p @ u / p.sum(axis=1)


def bound(snr, antennas=ANTENNAS):
    """Cramér–Rao bound of the standard deviation of u, at an SNR in dB."""
    amplitude2 = 10 ** (np.asarray(snr) / 10)
    return np.sqrt(6 / (np.pi**2 * amplitude2 * antennas * (antennas**2 - 1)))


def rms(estimate, u):
    """Root mean square error of estimates (m,) of u (m, 1)."""
    return float(np.sqrt(np.mean((estimate - u[:, 0]) ** 2)))


def learning_set(m):
    """Samples that the run of a seed learns from."""

    def drawn(seed):
        data = fn.data.antenna(m=m, antennas=ANTENNAS, sector=SECTOR, seed=seed)
        return data.x, soft_bins(data.y)

    return drawn


def tests(m=2000):
    """{SNR: data} that nobody has learnt from."""
    return {
        snr: fn.data.antenna(split="test", m=m, antennas=ANTENNAS, snr=snr, sector=SECTOR)
        for snr in SNRS
    }


def learnt(networks, samples=SAMPLES, steps=10_000, seeds=5):
    """{(name, m): (rate, [W of each seed])}; 1000 samples held out choose the rate."""
    cases = {
        (name, m): (rival, learning_set(m)) for name, rival in networks.items() for m in samples
    }
    return compare(
        cases, fn.CrossEntropy(), learning_set(1000)(1_000_000), steps=steps, seeds=seeds
    )


def errors(rival, states, data):
    """RMS error at each SNR (seeds, SNRs)."""
    return np.array(
        [[rms(mean_direction(predict(rival, W, d.x)), d.y) for d in data.values()] for W in states]
    )


def wobble(rival, W, x, angles):
    """RMS change of the answers when snapshots are turned by angles (n,), in double precision."""
    double = Rival(
        rival.network.with_dtype(np.result_type(rival.network.dtype, np.float64)), rival.view
    )
    still = mean_direction(predict(double, W, x))
    return np.array(
        [
            np.sqrt(
                np.mean((mean_direction(predict(double, W, np.exp(1j * angle) * x)) - still) ** 2)
            )
            for angle in angles
        ]
    )


def print_table(networks, found, curves, data):
    """The errors at SHOWN samples, a line for each network and each estimator beside them."""
    x = data[AT].x
    print(
        f"RMS error of u = sin θ, learnt from {SHOWN} samples: median (range) of the seeds, SNR "
        f"{', '.join(f'{SNRS[k]:g}' for k in PRINTED)} dB"
    )
    for name, rival in networks.items():
        rate, states = found[name, SHOWN]
        change = wobble(rival, states[0], x, [1.0])[0]
        print(
            f"  {name:27} {real_size(rival.network)} real parameters, rate {rate:g}, turned by "
            f"1 rad it changes by {change:.1g}"
        )
        values = zip(*(part[PRINTED] for part in curves[name, SHOWN]))
        print("    " + "  ".join(written(*value, ".4f") for value in values))
    for name, values in beside(data).items():
        print(f"  {name:27} " + "  ".join(f"{values[k]:.4f}" for k in PRINTED))
    print(f"RMS error at {AT:g} dB, learnt from {', '.join(map(str, SAMPLES))} samples")
    k = SNRS.index(AT)
    for name in networks:
        print(f"  {name:27} " + "  ".join(f"{curves[name, m][0][k]:.4f}" for m in SAMPLES))


def beside(data):
    """Errors of the estimators that nobody had to teach, and the bound, at each SNR."""
    return {
        "beamformer (max. likelihood)": [rms(beamformer(d.x), d.y) for d in data.values()],
        "posterior mean, SNR known": [
            rms(posterior_mean(d.x, 10 ** (snr / 20)), d.y) for snr, d in data.items()
        ],
        "Cramér–Rao bound": list(bound(SNRS)),
    }


def draw(networks, found, curves, data):
    """Error against SNR, against the samples learnt from, and against the phase turned by."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(13.5, 5.2), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        k, angles = SNRS.index(AT), np.linspace(0, 2 * np.pi, 49)
        marks, inks, dashes = "osD^vP", (*INK, "#b58900"), (*DASHES, (0, (5, 1, 1, 1, 1, 1)))
        for i, (name, rival) in enumerate(networks.items()):
            style = dict(color=inks[i], linestyle=dashes[i], marker=marks[i], markersize=4.5)
            left.errorbar(SNRS, *bars(*curves[name, SHOWN]), capsize=2.5, label=name, **style)
            at_one = np.array([[part[k] for part in curves[name, m]] for m in SAMPLES]).T
            middle.errorbar(SAMPLES, *bars(*at_one), capsize=2.5, **style)
            change = wobble(rival, found[name, SHOWN][1][0], data[AT].x, angles)
            right.plot(
                np.degrees(angles),
                change,
                color=inks[i],
                linestyle=dashes[i],
                marker=marks[i],
                markersize=4.5,
                markevery=(i, 8),
            )
        for j, (name, values) in enumerate(beside(data).items()):
            style = dict(color="#222222", linewidth=1.1, linestyle=(DASHES[3], "-", DASHES[2])[j])
            left.plot(SNRS, values, label=name, **style)
            if j:
                middle.axhline(values[k], **style)
        left.set(
            yscale="log",
            xlabel="SNR of one antenna in dB",
            title=f"Error against the noise, learnt from {SHOWN} samples",
            ylabel="RMS error of u = sin θ",
        )
        middle.set(
            xscale="log",
            yscale="log",
            xlabel="samples learnt from",
            title=f"Error against the samples, SNR {AT:g} dB",
            xticks=SAMPLES,
            xticklabels=[f"{m:g}" for m in SAMPLES],
            ylabel="RMS error of u = sin θ",
        )
        middle.minorticks_off()
        right.set(
            xlabel="phase that every snapshot is turned by, in degrees",
            title=f"Change with the phase, SNR {AT:g} dB",
            xticks=range(0, 361, 90),
            ylabel="RMS change of u = sin θ",
        )
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncol=4)
        figure.suptitle(
            f"Direction of one source, {ANTENNAS} antennas, one snapshot of unknown "
            "phase: a network that cannot see the phase need not learn to ignore it"
        )
    return figure


def main(output):
    """Learn, measure, print, draw."""
    networks, data = rivals(), tests()
    found = learnt(networks)
    curves = {
        (name, m): spread(errors(networks[name], states, data))
        for (name, m), (_, states) in found.items()
    }
    print_table(networks, found, curves, data)
    draw(networks, found, curves, data).savefig(output, dpi=115)
    print(f"figure in {output}")


if __name__ == "__main__":
    main(command(__file__, __doc__).parse_args().output)
