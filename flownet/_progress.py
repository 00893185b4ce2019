"""A progress bar for work of more than two seconds, where somebody looks at a terminal."""

import sys
from contextlib import contextmanager
from time import monotonic

from ._encoding import printable

SECONDS = 2.0  # of work before a bar appears


@contextmanager
def bar(total, done=0, *, shown=True, what="steps"):
    """Context that gives a function of the work done so far; it draws nothing on a pipe."""
    if not (shown and sys.stderr.isatty()):
        yield lambda done: None
        return
    drawn = _Bar(total, done, what)
    try:
        yield drawn.show
    finally:
        drawn.stop()


class _Bar:
    def __init__(self, total, done, what):
        self._total, self._what, self._done = total, what, done
        self._began, self._progress = monotonic(), None

    def show(self, done):
        if self._progress is None:
            if monotonic() - self._began < SECONDS:
                return
            self._start()
        self._progress.update(self._task, completed=done)

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
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(self._what, total=self._total)

    def stop(self):
        if self._progress is not None:
            self._progress.stop()


def note(text):
    """One line for somebody at a terminal."""
    if sys.stderr.isatty():
        print(printable(text, sys.stderr), file=sys.stderr)
