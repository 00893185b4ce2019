"""A progress bar for work of more than two seconds, at a terminal or below a notebook's cell."""

import sys
from contextlib import contextmanager
from html import escape
from time import monotonic

import numpy as np

from ._encoding import printable
from ._errors import FlownetError, shown as in_words

SECONDS = 2.0  # of work before a bar appears
_PAUSE = 0.2  # seconds between two looks of a notebook's bar
_KERNELS = ("ZMQInteractiveShell", "Shell")  # shells of Jupyter, and of Colab


@contextmanager
def bar(total, done=0, *, shown=True, what="steps", rate=False):
    """Context that gives a function of the work done so far; it draws nothing on a pipe.

    `rate` shows how much is done a second.
    """
    if not isinstance(shown, (bool, np.bool_)):
        raise FlownetError(f"progress is {in_words(shown)}; it has to be True or False.")
    kind = (_NotebookBar if _in_notebook() else _at_terminal() and _Bar) if shown else None
    if not kind:
        yield lambda done: None
        return
    drawn = kind(total, done, what, rate)
    try:
        yield drawn.show
    finally:
        drawn.stop()


def _at_terminal():
    """Whether errors go to a terminal, if they go anywhere."""
    return sys.stderr is not None and sys.stderr.isatty()


class _Bar:
    def __init__(self, total, done, what, rate):
        self._total, self._what, self._done, self._rate = total, what, done, rate
        self._began, self._progress = monotonic(), None

    def show(self, done):
        if self._progress is None:
            if monotonic() - self._began < SECONDS:
                return
            self._start()
        self._update(done)

    def _update(self, done):
        self._progress.update(self._task, completed=done, rate=self._speed(done))

    def _speed(self, done):
        """How much is done a second since the beginning, in words."""
        return f"{(done - self._done) / max(monotonic() - self._began, 1e-9):.3g}/s"

    def _start(self):
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            *([TextColumn("{task.fields[rate]}")] if self._rate else []),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(self._what, total=self._total, rate="")

    def stop(self):
        if self._progress is not None:
            self._progress.stop()


class _NotebookBar(_Bar):
    """The same below the cell that runs, by IPython alone: rich wants ipywidgets there."""

    def _start(self):
        from IPython.display import HTML, display

        self._html, self._drawn, self._at_start = HTML, -_PAUSE, None
        self._progress = display(HTML(""), display_id=True)

    def _update(self, done):
        now = monotonic() - self._began
        if self._at_start is None:
            self._at_start = now, done
        if now - self._drawn < _PAUSE and done < self._total:
            return
        self._drawn = now
        self._progress.update(self._html(self._text(now, done)))

    def _text(self, now, done):
        then, before = self._at_start
        left = ""
        if done > before:
            seconds = round((self._total - done) * (now - then) / (done - before))
            left = f", {seconds // 60}:{seconds % 60:02} to go"
            left = f", {self._speed(done)}{left}" if self._rate else left
        what = escape(self._what)
        return (
            f"{what} <progress value='{done}' max='{self._total}'></progress> "
            f"{done} of {self._total}{left}"
        )

    def stop(self):
        if self._progress is not None:
            self._progress.update(self._html(""))


def _in_notebook():
    """Whether this runs in the kernel of a notebook, which IPython then runs in."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return type(shell).__name__ in _KERNELS


def note(text):
    """One line for somebody at a terminal, or below the cell of a notebook."""
    if _in_notebook():
        print(text)
    elif sys.stderr.isatty():
        print(printable(text, sys.stderr), file=sys.stderr)
