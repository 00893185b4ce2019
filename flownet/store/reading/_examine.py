"""A file looked at first by a process of its own, which a hostile one may crash or keep for ever.

HDF5 is a large program in C, and a file that was made for it can break it. The process that looks
may take so much memory and time and no more, writes nothing, and says what it found.
"""

import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ..._errors import FlownetError
from ..._memory import resource
from .._format import ANALYSIS, FORMAT
from ..bytes import FlatFile
from ._index import index

SECONDS = 10  # of the processor that a look at a file's index may take; it takes milliseconds
MEMORY = 1 << 30  # bytes that it may take beside what Python and HDF5 take without a file
_PATIENCE = 6 * SECONDS  # for a machine that has much else to do
_CODE = (
    "import json, sys; *given, sys.path[:] = json.load(sys.stdin)\n"
    "from flownet.store.reading._examine import answer; answer(*given)"
)


def examine(path, format=FORMAT, *, lost=False):
    """Let another process open a file, as `Reader` does.

    Parameters
    ----------
    path : path
    format : str
        What the file has to be.
    lost : bool
        Whether parts of it may be lost.

    Raises
    ------
    FlownetError
        What the other process says of it; or that it crashed, or took too long or too much.
    """
    apart(path, look, format, lost)


def apart(path, function, *words):
    """What a function finds in a file, `function(path, *words)`, in a process of its own.

    Parameters
    ----------
    path : path
    function : callable
        Of a module of flownet; what it returns goes through JSON.
    *words

    Raises
    ------
    FlownetError
        What it says of the file; or that it crashed, or took too long or too much.
    """
    path = os.path.abspath(path)
    code, said, complaint = _asked([path, function.__module__, function.__name__, words])
    if code is None:
        raise _hostile(path, f"HDF5 had not read its index after {_PATIENCE} seconds")
    if code < 0:
        raise _hostile(path, f"it crashes HDF5, by signal {-code}")
    if code or not said:
        reason = (complaint or "nothing was said").splitlines()[-1]
        raise FlownetError(f"{path} could not be examined: {reason}.")
    told = json.loads(said)
    if told["error"]:
        raise FlownetError(told["error"])
    return told["found"]


def _asked(given):
    """Exit status of a process that answers, None if it takes too long, and what it says."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE],
            input=json.dumps([*given, sys.path]),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        return None, "", ""
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def _hostile(path, what):
    return FlownetError(f"{os.path.basename(path)} is damaged, or made to do harm: {what}.")


def answer(path, module, name, words):
    """Look at a file and say on standard output what was found, or is wrong: the other process.

    Parameters
    ----------
    path, module, name : str
    words : list
    """
    look_at = getattr(importlib.import_module(module), name)  # as JSON holds no function
    _limit()
    found = error = None
    try:
        found = look_at(path, *words)
    except FlownetError as wrong:
        error = str(wrong)
    except MemoryError:
        error = str(_hostile(path, f"its index wants more than {MEMORY >> 20} MiB of memory"))
    print(json.dumps({"found": found, "error": error}))


def look(path, format, lost):
    """Read the index of a file of flownet, and that of analyses beside it.

    Parameters
    ----------
    path : str
    format : str
    lost : bool
        Whether parts of it may be lost.
    """
    index(FlatFile(path), format, [] if lost else None, examined=True)
    _look_beside(path)


def _look_beside(path):
    """Likewise at the analyses beside a large run, which are left out where they are damaged."""
    beside = os.path.splitext(path)[0] + ".analysis.h5"
    with suppress(FlownetError):
        if os.path.exists(beside):
            index(FlatFile(beside), ANALYSIS, examined=True)


def _limit():
    """So much memory and time from here on, and no file that is written."""
    import h5py  # noqa: F401  (before the limits hold)

    if resource is None:  # on Windows: the time alone is limited, by who waits
        return
    seconds = resource.getrusage(resource.RUSAGE_SELF)
    used = int(seconds.ru_utime + seconds.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, used + SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():  # on Linux
        taken = int(statm.read_text("utf-8").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
