"""The one thread that touches a file while a run fills it, also when the disk is full."""

import queue
import threading

from ..._errors import FlownetError
from .._failure import explain


class Writer:
    """Does jobs in order on a thread of its own; after an error it does no more of them.

    Parameters
    ----------
    path : path
        Of the file, for errors.

    Attributes
    ----------
    done : int
        Jobs that are behind it.
    """

    def __init__(self, path):
        self._path = path
        self._jobs = queue.SimpleQueue()
        self._error, self._stopped, self.done = None, False, 0
        self._thread = threading.Thread(target=self._work, name="flownet-writer", daemon=True)
        self._thread.start()

    def submit(self, job, after=None):
        """Queue a job.

        Parameters
        ----------
        job : callable
            Not called once an earlier one has failed.
        after : callable, optional
            Called in any case, after the job.

        Raises
        ------
        FlownetError
            The file is closed.
        """
        if self._stopped:
            raise FlownetError(f"{self._path} is closed; resume the run to go on.")
        self._jobs.put((job, after))

    def do(self, job):
        """Queue a job and wait for it.

        Parameters
        ----------
        job : callable

        Raises
        ------
        FlownetError
            This job or one before it failed.
        """
        done = threading.Event()
        self.submit(job, done.set)
        done.wait()
        self.check()

    def check(self):
        """Raise what went wrong so far.

        Raises
        ------
        FlownetError
        """
        if isinstance(self._error, FlownetError):
            raise FlownetError(str(self._error)) from None
        if self._error is not None:
            raise FlownetError(
                f"writing {self._path} stopped: {explain(self._error)}; "
                "what was recorded before stays, and the run can be resumed from it."
            ) from self._error

    @property
    def failed(self):
        """Whether anything went wrong so far."""
        return self._error is not None

    def fail(self, error):
        """Remember what went wrong; the first such thing is the one that is raised.

        Parameters
        ----------
        error : BaseException
        """
        self._error = self._error or error

    def stop(self, close):
        """Do what is queued, then close the file, error or not, and end the thread.

        Parameters
        ----------
        close : callable
        """
        self._stopped = True
        self._jobs.put((None, close))
        self._thread.join()

    def _work(self):
        while True:
            job, after = self._jobs.get()
            if self._error is None:
                self._call(job)
            self.done += 1
            self._call(after)
            if job is None:
                return

    def _call(self, what):
        try:
            if what is not None:
                what()
        except BaseException as error:  # a thread has nobody else to tell
            self.fail(error)
