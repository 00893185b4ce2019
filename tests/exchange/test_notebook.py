"""What a notebook shows: runs and splits as tables, progress below the cell that runs."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

import flownet as fn
from flownet import _progress


@pytest.fixture(scope="module")
def stored(tmp_path_factory, digits_potential):
    path = tmp_path_factory.mktemp("notebook") / "a.h5"
    return fn.train(digits_potential, fn.Aristotle(0.5), steps=6, store=path)


def test_a_run_is_a_table(stored):
    """Of what it holds and is a run of, in a file or in memory."""
    html = stored._repr_html_()
    for words in (
        "Trajectory: 7 rows of 1210 parameters, 7 losses, finished",
        "7 rows of 1210 float64",
        "loss (7), step (6)",
        "64-16-10 on digits, cross-entropy loss",
        repr(fn.Aristotle(0.5)),
        str(stored.path),
        f"{stored.loss[0]:.6g} → {stored.loss[-1]:.6g}, time 3",
    ):
        assert words in html, words
    assert html.count("<table>") == 1 and html.count("<tr>") == 7
    flow = fn.flow(fn.Parabola(2), W0=[1.0, 2.0], time=0.5)
    html = flow._repr_html_()
    assert "rows of 2 float64" in html and "mechanics" not in html and "recorded in" not in html


@pytest.mark.parametrize("basis", ["parameters", "neurons", "layers", "eigen", "map"])
def test_a_split_is_the_table_that_it_prints(stored, basis):
    split = fn.breakdown(stored, at=2).split(basis)
    html = split._repr_html_()
    assert html == split.table()._repr_html_() and "<table>" in html
    assert all(word in html for word in str(split).split("\n")[0].split())


class Notebook:
    """IPython as a kernel knows it; what is displayed is kept."""

    def __init__(self, monkeypatch, shell="ZMQInteractiveShell"):
        self.seen = []
        running = type(shell, (), {})()
        display = ModuleType("IPython.display")
        display.HTML = str
        display.display = self.display
        ipython = ModuleType("IPython")
        ipython.get_ipython, ipython.display = (lambda: running), display
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", display)
        self.clock = 0.0
        monkeypatch.setattr(_progress, "monotonic", lambda: self.clock)

    def display(self, what, display_id):
        assert display_id
        self.seen.append(what)
        return SimpleNamespace(update=self.seen.append)


def test_a_notebook_shows_progress_below_the_cell_and_clears_it(monkeypatch):
    notebook = Notebook(monkeypatch)
    with _progress.bar(200, what="rows & columns") as show:
        show(10)
        assert not notebook.seen  # shorter than two seconds
        notebook.clock = 3.0
        show(50)
        notebook.clock = 3.1
        show(51)  # too soon
        notebook.clock = 5.0
        show(100)
        notebook.clock = 7.0
        show(200)
    first, begun, half, whole, cleared = notebook.seen
    assert first == cleared == ""
    assert begun == "rows &amp; columns <progress value='50' max='200'></progress> 50 of 200"
    assert "value='100'" in half and half.endswith("100 of 200, 0:04 to go")
    assert whole.endswith("200 of 200, 0:00 to go")
    with _progress.bar(200, shown=False) as show:
        notebook.clock = 20.0
        show(100)
    assert len(notebook.seen) == 5


def test_notes_stand_below_the_cell(monkeypatch, capsys):
    Notebook(monkeypatch)
    _progress.note("compiling")
    assert capsys.readouterr().out == "compiling\n"


def test_ipython_at_a_terminal_is_a_terminal(monkeypatch, capsys):
    notebook = Notebook(monkeypatch, shell="TerminalInteractiveShell")
    with _progress.bar(2) as show:
        notebook.clock = 9.0
        show(1)
    _progress.note("compiling")
    assert not notebook.seen and capsys.readouterr() == ("", "")
