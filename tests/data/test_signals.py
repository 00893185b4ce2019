"""Signals that are made: antennas, and magnetic-resonance fingerprints of tissues."""

import numpy as np
import pytest
from complex_tolerance import close
from mistakes import told_in_one_line

from flownet import data
from flownet.data import bloch, pulses, steering, tissue
from flownet.desk.experiment._schema import Data

# ---- antennas -------------------------------------------------------------------------------


def test_without_noise_every_antenna_sees_the_next_ones_phase():
    """At 300 dB x_{n+1} = e^{iπu} x_n, with u of y and a phase of its own in each sample."""
    d = data.antenna(m=50, snr=300.0, antennas=5)
    close(abs(d.x), np.full((50, 5), 1e15))
    close(np.angle(d.x[:, 1:] / d.x[:, :-1]), np.repeat(np.pi * d.y, 4, axis=1))
    assert abs(np.mean(d.x[:, 0] / 1e15)) < 3 / np.sqrt(50)
    assert abs(d.y).max() <= 0.9


def test_the_noise_has_the_variance_it_says():
    """Re and Im of variance ½ each and uncorrelated; x of A² + 1 at 10 dB."""
    quiet, loud = (data.antenna(m=20_000, snr=snr).x for snr in (-300.0, 10.0))
    parts = np.stack([quiet.real.ravel(), quiet.imag.ravel()])
    assert np.abs(np.cov(parts) - 0.5 * np.eye(2)).max() < 5 * 0.5 * np.sqrt(2 / parts.shape[1])
    assert abs(np.mean(abs(loud) ** 2) / 11 - 1) < 0.01


def test_a_steering_vector_is_a_geometric_row():
    u = np.array([-1.0, 0.0, 0.3])
    close(steering(u, 6), np.exp(1j * np.pi * np.outer(u, np.arange(6))))


# ---- fingerprints ---------------------------------------------------------------------------


def test_a_fingerprint_is_the_train_of_its_tissue():
    """At 300 dB x is A e^{iφ} times Bloch's signal, A from ½ to 2, φ anything."""
    d = data.fingerprint(m=30, points=20, snr=300.0)
    ratio = d.x / bloch(*tissue(d.y).T, *pulses(20), 0.005, start=-1.0)
    close(ratio, np.repeat(ratio[:, :1], 20, axis=1))
    assert 0.5 <= abs(ratio).min() < 0.7 and 1.5 < abs(ratio).max() <= 2
    assert abs(np.mean(ratio / abs(ratio))) < 0.5


def test_tissues_fill_their_box():
    close(tissue([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]), [[0.3, 0.03, -30.0], [3.0, 0.3, 30.0]])
    d = data.fingerprint(m=500, points=2)
    assert abs(d.y).max() <= 1 and (np.abs(d.y.mean(axis=0)) < 0.15).all()
    assert (tissue(d.y)[:, 1] <= tissue(d.y)[:, 0]).all()


def test_a_longer_train_begins_with_the_shorter():
    for long, short in zip(pulses(90), pulses(60)):
        close(long[:60], short)


@pytest.mark.parametrize("name", ["antenna", "fingerprint"])
def test_made_signals_come_again_and_differ_by_split_and_seed(name):
    few, more = data.load(name, m=3), data.load(name, m=5, snr=[7.0, 9.0], seed=2)
    assert data.from_table(more.describe()).sha256 == more.sha256
    assert (data.load(name, m=9).x[:3] == few.x).all()
    assert (
        len(
            {
                d.sha256
                for d in (few, data.load(name, m=3, seed=1), data.load(name, m=3, split="test"))
            }
        )
        == 3
    )
    table = {"name": name, "m": 3, "snr": [7.0, 9.0]}
    assert Data.model_validate(table).model_dump(exclude_none=True) == table
    with told_in_one_line("a pair .low, high."):
        data.load(name, snr=[3.0, 1.0])
