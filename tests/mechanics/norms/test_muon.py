"""Muon: as transcribed to NumPy, as PyTorch's, its norm, in experiment files, going on."""

import make_muon_reference as reference
import numpy as np
import pytest
import twins
from checkout import REFERENCE
from iris_network import NET, POTENTIAL, W0

import flownet as fn

FILE = REFERENCE / "muon.npz"


def bfloat16(X):
    """Numbers as bfloat16 keeps them: 8 bits, rounded to the nearest, ties to even."""
    bits = np.asarray(X, np.float32).view(np.uint32)
    kept = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return kept.astype(np.uint32).view(np.float32).astype(np.float64)


def muon_in_numpy(potential, W, steps, step, momentum, decay, adam, kept=lambda X: X):
    """Muon as its authors write it, on matrices; Adam on biases: plain NumPy.

    `kept` is what is kept of the numbers of a product.
    """
    W, D = W.copy(), W.size
    M, m, v, rows = np.zeros(D), np.zeros(D), np.zeros(D), []
    lr, b1, b2, eps = adam
    for k in range(1, steps + 1):
        G = potential.differential(W)[1]
        M = momentum * M + G
        m, v = b1 * m + (1 - b1) * G, b2 * v + (1 - b2) * G * G
        U, new = G + momentum * M, W.copy()
        for own, update, place in zip(*map(potential.network.unpack, (W, U, np.arange(D)))):
            X = kept(update[0])
            X = kept(X / kept(np.linalg.norm(X)))
            X = X.T if X.shape[0] > X.shape[1] else X
            for _ in range(5):
                A = kept(X @ X.T)
                X = kept(3.4445 * X + kept(-4.7750 * A + 2.0315 * A @ A) @ X)
            n, k_in = update[0].shape
            X = X.T if n > k_in else X
            scale = max(1, n / k_in) ** 0.5
            new[place[0]] = own[0] * (1 - step * decay) - step * scale * X
            b = place[1]
            new[b] = W[b] - lr * (m[b] / (1 - b1**k)) / (np.sqrt(v[b] / (1 - b2**k)) + eps)
        W = new
        rows.append(W)
    return np.array(rows)


def test_muon_is_its_transcription(holds):
    mechanics = fn.Muon(0.02, weight_decay=0.1, elsewhere=fn.Adam(0.01, 0.9, 0.99, 0.01))
    run = fn.train(POTENTIAL, mechanics, steps=60, W0=W0)
    expected = muon_in_numpy(POTENTIAL, W0, 60, 0.02, 0.95, 0.1, (0.01, 0.9, 0.99, 0.01))
    scale = np.abs(expected).max()
    off = np.abs(run.parameters[1:] - expected).max() / scale
    holds("Muon as transcribed to NumPy", off, 1e-11)


def test_muon_is_pytorchs_to_bfloat16(holds):
    """Twice as far off at most as the transcription goes where its products keep 8 bits, too."""
    words, adam = reference.MUON, reference.ADAM
    mechanics = fn.Muon(
        words["lr"], words["momentum"], words["nesterov"], words["weight_decay"],
        fn.Adam(adam["lr"], *adam["betas"], adam["eps"]),
    )  # fmt: skip
    potential = twins.potential(reference.CASE)
    kept = np.load(FILE)["W"]
    given = words["lr"], words["momentum"], words["weight_decay"]
    given = *given, (adam["lr"], *adam["betas"], adam["eps"])
    whole, rounded = (
        muon_in_numpy(potential, kept[0], reference.KEPT[-1], *given, kept=keep)
        for keep in (lambda X: X, bfloat16)
    )
    floor = np.maximum.accumulate(np.append(0, np.abs(rounded - whole).max(axis=1)))
    off = {}
    for polar in ("muon", "svd"):
        norm = fn.SpectralNorm(potential.network, "muon", polar=polar, biases=False)
        run = fn.train(potential, mechanics, steps=reference.KEPT[-1], W0=kept[0], metric=norm)
        off[polar] = np.abs(run.parameters[reference.KEPT] - kept).max(axis=1)
    assert not off["muon"][0] and not floor[0]
    share = (off["muon"][1:] / floor[reference.KEPT[1:]]).max()
    holds("torch.optim.Muon, in roundings to bfloat16", share, 2)
    assert off["svd"][1] > 0.06 * words["lr"]


def test_muon_brings_its_norm_and_another_may_be_named():
    run = fn.train(POTENTIAL, fn.Muon(0.02), steps=2, W0=W0)
    own = fn.SpectralNorm(NET, "muon", polar="muon")
    assert repr(run.metric) == repr(own)
    np.testing.assert_array_equal(
        run.parameters[:], fn.train(POTENTIAL, fn.Muon(0.02), steps=2, W0=W0, metric=own).parameters
    )
    walked = [s.W.copy() for s in fn.states(POTENTIAL, fn.Muon(0.02), steps=2, W0=W0)]
    np.testing.assert_array_equal(walked, run.parameters[:])
    exact = fn.train(
        POTENTIAL, fn.Muon(0.02, 0.0, False), steps=1, W0=W0, metric=fn.SpectralNorm(NET)
    )
    moved = NET.unpack((exact.parameters[0] - exact.parameters[1]) / 0.02)
    for weights, bias in moved:
        sigma = np.linalg.svd(weights)[1]  # cross-entropy: class sums of dL are 0, and stay
        np.testing.assert_allclose(
            sigma, [1.0] * (len(sigma) - 1) + [len(weights) != 3], atol=1e-12
        )
        assert np.linalg.norm(bias) == pytest.approx(1.0)
    with pytest.raises(fn.FlownetError, match="moves the matrices of a network"):
        fn.train(fn.Parabola(3), fn.Muon(0.1), W0=[1.0, 2.0, 3.0], steps=1)
    with pytest.raises(fn.FlownetError, match="leaves no parameter aside"):
        fn.train(POTENTIAL, fn.Muon(0.1, elsewhere=fn.Adam(0.1)), steps=1, metric=own)
    with pytest.raises(fn.FlownetError, match="elsewhere is"):
        fn.Muon(0.1, elsewhere=fn.Langevin(0.1, 1.0))
    with pytest.raises(fn.FlownetError, match="nesterov is True without a momentum"):
        fn.Normalized(0.1, nesterov=True)


TOML = """
[data]
name = "iris"
[network]
sizes = [4, 6, 3]
[loss]
kind = "cross-entropy"
{metric}
[mechanics]
kind = "muon"
step = 0.02
elsewhere = {{ kind = "adam", step = 0.01 }}
[run]
steps = 5
"""


def test_an_experiment_file_names_a_norm_and_a_sweep_takes_it(tmp_path):
    path, spectral = (
        tmp_path / "muon.toml",
        '[metric]\nkind = "spectral"\nradii = "rms"\nbiases = false',
    )
    for metric in (spectral, ""):
        path.write_text(TOML.format(metric=metric))
        run = fn.Experiment.load(path).run()
        norm = fn.SpectralNorm(NET, "rms", biases=False) if metric else None
        mechanics = fn.Muon(0.02, elsewhere=fn.Adam(0.01))
        expected = fn.train(POTENTIAL, mechanics, steps=5, metric=norm)
        np.testing.assert_array_equal(run.parameters[:], expected.parameters[:])
        sweep = fn.sweep(
            fn.Experiment.load(path), axes={"mechanics.step": [0.01, 0.02]}, keep=["curve"]
        )
        np.testing.assert_array_equal(sweep["curve"][1], expected.loss)


def test_a_run_goes_on_with_muon():
    run = fn.train(POTENTIAL, fn.Aristotle(0.1), steps=3, W0=W0)
    run = fn.go_on(run, more=3, mechanics=fn.Muon(0.02))
    expected = fn.train(POTENTIAL, fn.Muon(0.02), steps=3, W0=run.parameters[3])
    np.testing.assert_array_equal(run.parameters[3:], expected.parameters[:])
