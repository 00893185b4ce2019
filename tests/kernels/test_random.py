"""The random streams: the same words, numbers and orders everywhere and for ever."""

import numpy as np
import pytest

from flownet import _random
from flownet._errors import FlownetError
from flownet._random import normal, stream_key, uniform, words

INIT = stream_key("init")


def test_words_are_philox_words_under_seed_and_stream():
    first = [213000021201967259, 4455796210202625458, 2055444239878205049]
    assert words(0, 0, 3).tolist() == first
    generator = np.random.Philox(key=np.array([5, 9], np.uint64))
    np.testing.assert_array_equal(words(5, 9, 50), generator.random_raw(50))


def test_golden_uniform_numbers():
    golden = ["0x1.7587d10db1a28p-4", "0x1.2e16d10ddd176p-1", "0x1.c050db3e7d7dap-1"]
    assert [u.hex() for u in uniform(0, INIT, 3).tolist()] == golden


def test_golden_normal_numbers():
    golden = ["-0x1.555c392f49739p+0", "0x1.d21b24b60548bp-3", "0x1.2742079871cddp+0"]
    assert [x.hex() for x in normal(0, INIT, 3).tolist()] == golden
    golden = ["-0x1.11d2cb50ba7f4p-7", "-0x1.bf29210be9a6fp-1", "0x1.87e8546f1fddcp-1"]
    assert [x.hex() for x in normal(7, stream_key("data", 3), 3).tolist()] == golden


def test_shapes_and_types():
    for draw in (uniform, normal):
        assert draw(0, 0, 0).shape == (0,)
        assert draw(0, 0, 5).shape == (5,) and draw(0, 0, 5).dtype == np.float64


def test_more_numbers_leave_the_first_ones():
    np.testing.assert_array_equal(normal(1, INIT, 1001)[:7], normal(1, INIT, 7))


def test_seed_and_stream_count_modulo_a_word():
    np.testing.assert_array_equal(words(-1, -2, 4), words(2**64 - 1, 2**64 - 2, 4))
    np.testing.assert_array_equal(words(np.int64(3), np.uint64(2), 4), words(3, 2, 4))


def test_streams_share_no_word():
    streams = [stream_key(p, c) for p in _random.PURPOSES for c in (0, 1, 2)]
    drawn = np.concatenate([words(0, stream, 1000) for stream in streams])
    assert len(set(streams)) == len(streams)
    assert len(np.unique(drawn)) == len(drawn)


def test_uniform_moments():
    u = uniform(11, INIT, 200_000)
    assert u.min() >= 0 and u.max() < 1
    assert abs(u.mean() - 1 / 2) < 4e-3 and abs(u.var() - 1 / 12) < 2e-3


def test_normal_moments():
    x = normal(11, INIT, 200_000)
    assert abs(x.mean()) < 1e-2 and abs(x.var() - 1) < 2e-2
    assert abs((x**3).mean()) < 4e-2 and abs((x**4).mean() - 3) < 0.1


def test_inverse_normal_against_scipy():
    ndtri = pytest.importorskip("scipy.special").ndtri
    small = np.logspace(-16, -0.5, 5001)
    p = np.concatenate([uniform(2, 0, 100_000) + 2.0**-54, small, 1 - small[small > 1e-12]])
    np.testing.assert_allclose(_random.inverse_normal(p), ndtri(p), rtol=1e-14, atol=1e-14)


def test_inverse_normal_at_the_last_words():
    ends = _random.inverse_normal(np.array([0.5 * 2.0**-52, 1 - 0.5 * 2.0**-52]))
    assert np.isfinite(ends).all() and ends[0] == -ends[1] and 8 < ends[1] < 8.3
    assert _random.inverse_normal(0.5) == 0


def test_log_to_the_last_bit_or_two():
    p = np.concatenate([np.logspace(-16, 0, 5000)[:-1], [0.5, 0.25, 2.0**-53]])
    np.testing.assert_allclose(_random._log(p), np.log(p), rtol=5e-16)


@pytest.mark.parametrize(
    "call, line",
    [
        (lambda: stream_key("inits"), "did you mean 'init'"),
        (lambda: stream_key("init", -1), r"0 .. 2\*\*48 - 1, not -1"),
        (lambda: stream_key("init", 2**48), "counter"),
        (lambda: stream_key("init", 0.5), "counter must be a whole number, not 0.5"),
        (lambda: normal(1.5, 0, 3), "seed must be a whole number, not 1.5"),
    ],
)
def test_mistakes(call, line):
    with pytest.raises(FlownetError, match=line):
        call()
