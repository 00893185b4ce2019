"""Some rounds of the campaigns of `scripts/trust`, and what they are made of."""

import random

import forgeries
import numpy as np
import pytest
import shim
from damage import GOOD, campaign as damage
from kill import campaign as kill
from killable import cases_of_kills
from shim import CREATE, RENAME, SYNC, TRUNCATE, UNLINK, WRITE, Change
from soak import campaign as soak
from story import difference
from worker import Tally
from writes import Files, campaign as writes, tears


def silent(line):
    """Nothing is told on the way."""


@pytest.mark.slow
def test_a_kill_at_any_moment():
    """Each kind of work once."""
    kinds = cases_of_kills()
    tally, _ = kill(len(kinds), seed=11, say=silent)
    assert tally.faults == [] and {name for (name,) in tally.counts} == set(kinds)


@pytest.mark.slow
@pytest.mark.skipif(shim.why_not() is not None, reason=str(shim.why_not()))
def test_any_write_may_be_the_last():
    """One change in seven of a run, and one in a hundred of all stories, in all ways; a slow
    machine makes fewer changes."""
    for share, stories, least in ((0.15, ["train"], 200), (0.01, None, 100)):
        tally = writes(stories, share, seed=11, say=silent)
        assert tally.faults == [] and len(tally) > least


@pytest.mark.slow
def test_a_long_run_that_is_killed(tmp_path):
    parts, fault = soak(tmp_path, 200_000, 2, say=silent)
    assert fault is None and len(parts) == 3


@pytest.mark.slow
def test_blocks_that_are_rare_are_forged():
    counts, faults = damage(300, seed=11, say=silent, only="rare blocks forged")
    assert faults == [] and sum(counts["rare blocks forged", found] for found in GOOD) == 300


def test_a_forged_experiment_is_the_same_whichever_went_before():
    def forge(seed):
        chance, tables = random.Random(seed), {name: {"a": 3, "b": [{}]} for name in "abcdef"}
        for _ in range(3):
            forgeries._change(tables, chance)
        return repr(tables)

    first = [forge(seed) for seed in range(300)]
    assert [forge(seed) for seed in range(300)] == first


def test_files_in_memory_change_as_those_on_a_disk():
    files = Files("/x", {"a": b"0123"})
    for change in (
        Change(CREATE, "/x/b", 0, b""),
        Change(WRITE, "/x/b", 2, b"zz"),
        Change(TRUNCATE, "/x/b", 6, b""),
        Change(WRITE, "/x/gone", 0, b"q"),  # a file that was deleted and is open still
        Change(RENAME, "/x/b", 0, b"/x/a"),
        Change(TRUNCATE, "/x/a", 3, b""),
    ):
        files.make(change)
    assert files.contents == {"a": b"\0\0z"}
    files.make(Change(UNLINK, "/x/a", 0, b""))
    assert files.contents == {}


def test_a_power_cut_leaves_what_was_synced():
    """Sectors since then are there or not; those before are."""
    files = Files("/x", {"a": bytes(2048)})
    files.make(Change(WRITE, "/x/a", 0, b"1" * 1024))
    files.make(Change(SYNC, "/x/a", 0, b""))
    files.make(Change(WRITE, "/x/a", 1024, b"2" * 1024))
    seen = {bytes(files.shuffled(random.Random(k)).contents["a"]) for k in range(40)}
    parts = [(b"\0" * 512, b"2" * 512)[k] for k in (0, 1)]
    assert seen == {b"1" * 1024 + one + two for one in parts for two in parts}


def test_writes_tear_at_sectors_and_pages():
    chance = random.Random(0)
    torn = tears(Change(WRITE, "/x/a", 4000, b"x" * 5000), chance)
    assert {96} < {len(part.data) for part in torn} and len(torn) == 2
    assert all(part.offset == 4000 and len(part.data) < 5000 for part in torn)
    assert tears(Change(WRITE, "/x/a", 0, b"x" * 40), chance) == []
    assert tears(Change(SYNC, "/x/a", 0, b""), chance) == []


def test_ends_that_differ_are_told():
    one = {"loss": [np.arange(3.0)], "finished": True}
    assert difference(one, {"loss": [np.arange(3.0)], "finished": True}) is None
    assert difference(one, {"loss": [np.arange(4.0)], "finished": True}) == "loss differs"
    assert difference(one, {**one, "finished": False}) == "finished differs"
    assert "instead of" in difference(one, {"finished": True})


def test_faults_are_counted_and_told():
    told = []
    tally = Tally(told.append)
    tally.add(1, ["a", "cut", "3"], ["a", "cut"], "right")
    tally.add(2, ["a", "cut", "4"], ["a", "cut"], "there is no file")
    assert tally.cell(lambda key: key[0] == "a") == "1 of 2" and len(tally) == 2
    assert told == ["2 a cut 4: there is no file"] and len(tally.faults) == 1
