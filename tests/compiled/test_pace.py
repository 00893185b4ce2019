"""The number of threads is found by time, here on a clock of its own; what a container lets."""

import math

import numpy as np
import pytest

from flownet.kernels.cpu.base.pace import Pace
from flownet.kernels.cpu.base.quota import quota
from flownet.kernels.cpu.base.threads import at_hand, limited

MANY = at_hand()
several = pytest.mark.skipif(MANY == 1, reason="this process has one thread")


class Work:
    """Work whose units take so many seconds with one thread and with many; it has its own time."""

    def __init__(self, one, many, waits=lambda: 1.0):
        self.waits = waits
        self.now, self.unit, self.taken = 0.0, {1: one, MANY: many}, {1: 0, MANY: 0}
        self.pace = Pace(worth=True)

    def do(self, units, ends=math.inf):
        """Seconds that so many units take, or those until a time."""
        began = self.now
        while units > 0 and self.now < ends:
            threads, share = self.pace.share(units)
            assert 1 <= share <= units
            seconds = share * self.unit[threads] * self.waits()
            self.now += seconds
            self.taken[threads] += share
            self.pace.took(threads, share, seconds)
            units -= share
        return self.now - began


@several
@pytest.mark.parametrize("quicker", [1, MANY])
@pytest.mark.parametrize("unit", [1e-5, 1e-3, 0.05])
def test_trials_cost_less_than_a_fiftieth(quicker, unit):
    """Of a minute's work, where the wrong number takes twice as long."""
    work = Work(
        **{"one": 2 * unit, "many": unit} if quicker == MANY else {"one": unit, "many": 2 * unit}
    )
    units = int(60 / unit)
    assert work.do(units) < 1.02 * units * unit
    assert work.taken[quicker] > 0.97 * units


@several
def test_it_follows_what_changes():
    """A program that keeps a processor busy begins, and ends again: known after seconds."""
    work = Work(one=2e-4, many=1.1e-4)
    work.do(100_000)
    work.unit[MANY] = 5e-4
    assert work.do(50_000) < 1.03 * 50_000 * 2e-4
    work.unit[MANY] = 1.1e-4
    work.do(10**9, ends=work.now + 3)
    assert work.do(100_000) < 1.02 * 100_000 * 1.1e-4


@several
def test_noise_does_not_hide_which_is_quicker():
    """Every fifth share waits for another program, three times as long as it takes by itself."""
    random = np.random.default_rng(0)
    work = Work(one=1e-3, many=7e-4, waits=lambda: 4.0 if random.random() < 0.2 else 1.0)
    assert work.do(100_000) < 1.1 * 100_000 * 7e-4 * 1.6  # a share takes 1.6 times as long
    assert work.taken[MANY] > 80_000


@several
def test_no_more_threads_than_are_allowed():
    pace = Pace(worth=True)
    with limited(1):
        assert pace.share(100) == (1, 100)
        pace.took(1, 100, 0.5)  # which tells a pace that has not begun nothing
    assert pace.share()[0] in (1, MANY)


@several
def test_a_run_with_one_thread_between_leaves_what_was_found_out():
    """Runs with threads=1 and others in turns: of no more than a step's trial each."""
    work = Work(one=5e-2, many=2.6e-2)
    work.do(400)
    before = dict(work.taken)
    for _ in range(20):
        with limited(1):
            threads, share = work.pace.share(10)
            assert (threads, share) == (1, 10)
            work.pace.took(1, 10, 0.5)
        work.do(10)
    assert work.taken[1] - before[1] <= 10 and work.taken[MANY] - before[MANY] >= 190


def test_small_work_is_done_at_once():
    assert Pace(worth=False).share(10**6) == (1, 10**6)


def written(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


SELF = "proc/self/cgroup"
GROUPS = {
    "nothing": ({}, math.inf),
    "second version": ({SELF: "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
    "no limit": ({SELF: "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, math.inf),
    "of a parent": (
        {
            SELF: "0::/a/b\n",
            "sys/fs/cgroup/a/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
        },
        0.5,
    ),
    "first version": (
        {
            SELF: "3:memory:/m\n2:cpu,cpuacct:/c\n",
            "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
        },
        2.0,
    ),
    "first version, no limit": (
        {
            SELF: "1:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        math.inf,
    ),
}


@pytest.mark.parametrize("name", GROUPS)
def test_what_a_container_lets(name, tmp_path):
    files, expected = GROUPS[name]
    assert quota(written(tmp_path, files)) == expected
