"""Files that go away while a run writes them, and the drafts that killed processes leave."""

import os

import pytest
from mistakes import told_in_one_line
from runs_in_a_well import assert_same_rows, trained

import flownet as fn
from flownet.motion import _recorder


def with_an_accident(path, act, at=20, **words):
    """A run in whose middle something happens to its file."""

    def look(state):
        if state.iteration == at:
            act()
        return 0.0

    return trained(path, observe={"x": (at, look)}, **words)


@pytest.mark.parametrize("when", ["in the middle", "at the end"])
def test_a_file_that_is_deleted(when, tmp_path, monkeypatch):
    """Nobody sees it any more, and what it holds is kept beside."""
    if when == "in the middle":
        monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)
    path, kept = tmp_path / "run.h5", tmp_path / "run.recorded.h5"
    with told_in_one_line(r"run\.h5 was deleted while .* it is in .*run\.recorded\.h5, and flown"):
        with_an_accident(path, path.unlink)
    assert os.listdir(tmp_path) == ["run.recorded.h5"]
    fn.resume(kept, observe={"x": lambda state: 0.0}, progress=False).close()
    assert_same_rows(kept, trained(None))


def test_a_file_that_another_one_replaces(tmp_path):
    path, other = tmp_path / "run.h5", tmp_path / "other.h5"
    trained(other, 7).close()
    (tmp_path / "run.recorded.h5").write_text("mine")
    with told_in_one_line(r"replaced by another file .* it is in .*run\.recorded2\.h5"):
        with_an_accident(path, lambda: other.replace(path))
    assert_same_rows(path, trained(None, 7))
    assert (tmp_path / "run.recorded.h5").read_text() == "mine"


def test_a_file_that_is_moved(tmp_path):
    path, moved = tmp_path / "run.h5", tmp_path / "moved.h5"
    with told_in_one_line(r"was moved away while .* it is in that file, wherever"):
        with_an_accident(path, lambda: path.rename(moved))
    fn.resume(moved, observe={"x": lambda state: 0.0}, progress=False).close()
    assert_same_rows(moved, trained(None))


# ---- drafts of killed processes ------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["train", "overwrite", "resume", "keep"])
def test_drafts_are_removed_when_somebody_begins(begin, tmp_path):
    path = tmp_path / "run.h5"
    if begin != "train":
        trained(path, 20).close()
    draft, other = tmp_path / ".run.h5.4711.0123abcd.part", tmp_path / ".notes.part"
    draft.write_bytes(b"x" * 100)
    other.write_text("mine")
    if begin in ("train", "overwrite"):
        trained(path, overwrite=begin == "overwrite").close()
    elif begin == "resume":
        fn.resume(path, steps=40, progress=False).close()
    else:
        fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False)
    assert not draft.exists() and other.exists()
