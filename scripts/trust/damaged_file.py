"""One damaged file after another, opened and read by a process that says what it found."""

import os
import random
import resource
import sys
import warnings
from pathlib import Path

import forgeries
import h5py
import numpy as np
from bases import make_bases

import flownet as fn
from flownet.store.reading import _examine

MEMORY = 1 << 30  # bytes beside what is taken before the first file
KINDS = {
    "bits flipped": (5, forgeries.flip),
    "end cut off": (2, forgeries.cut),
    "sectors emptied": (2, forgeries.empty),
    "sectors mixed up": (2, forgeries.mix),
    "index forged": (6, forgeries.forge_index),
    "state forged": (2, forgeries.forge_state),
    "experiment forged": (3, forgeries.forge_experiment),
    "rare blocks forged": (0, forgeries.forge_rare),  # when it is asked for
}
ANEW = 10  # of so many files one is looked at first by a process that begins anew, as a user's is
_asked_anew = _examine._asked


def work(folder, seed, only=None):
    """Look at files whose numbers are read from standard input, until it ends."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    bases = make_bases(folder / "bases")
    weights = [weight for weight, _ in KINDS.values()]
    _limit_memory()
    print("ready", flush=True)
    for line in sys.stdin:
        chance = random.Random(f"{seed} {line.strip()}")
        _examine._asked = _asked_anew if int(line) % ANEW == 0 else _asked_of_fork
        base = chance.choice(bases)
        damage = only or chance.choices(list(KINDS), weights)[0]
        path = folder / "run.h5"
        path.write_bytes(KINDS[damage][1](base, chance))
        print(f"{base.name}\t{damage}", flush=True)
        spent = _seconds()
        outcome, told = _look(path, base)
        print(f"{outcome}\t{_seconds() - spent:.3f}\t{told}", flush=True)


def _seconds():
    """Of the processor, with those of processes that this one has started."""
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _asked_of_fork(given):
    """`_examine._asked` of a process that has imported all already: a tenth of a second less."""
    output, at_end = os.pipe()
    process = os.fork()
    if not process:
        code = 1
        try:
            os.dup2(at_end, 1)
            _examine.answer(*given)
            sys.stdout.flush()
            code = 0
        finally:
            os._exit(code)
    os.close(at_end)
    with os.fdopen(output) as told:
        said = told.read().strip()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said, ""


def _limit_memory():
    """Less than the process may take: one that it forks takes as much beside what it has then."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _look(path, base):
    """What opening, reading and verifying a file gives: an outcome, and a line."""
    try:
        return _read(path, base)
    except fn.FlownetError as error:
        text = str(error)
        return ("refused", text) if "\n" not in text and len(text) < 1000 else ("raised", text[:99])
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}".replace("\n", " ")[:300]


def _read(path, base):
    run = fn.Trajectory.open(path)
    found = run.verify()
    wrong = _wrong(run, found, base)
    if wrong:
        return "wrong", wrong
    for part in ("experiment", "potential", "mechanics", "metric", "parts", "stopped", "best"):
        getattr(run, part)
    repr(run)
    run.store.slot()
    whole = found.is_whole and found.rows == base.counts
    return "right" if whole else "partly right", ""


def _wrong(run, found, base):
    """The first row that `verify` calls good and that is not what was written."""
    for name, count in found.rows.items():
        bad = found.bad(name)
        good = np.setdiff1d(np.arange(count), bad)
        truth = base.truth.get(name)
        if truth is None:
            return f"{name}: nobody wrote it"
        if len(good) and good[-1] >= len(truth["value"]):
            return f"{name}: row {good[-1]} was never written"
        for column, values in truth.items():
            for k in good.tolist() if len(bad) else [slice(0, count)]:
                span = k if isinstance(k, slice) else slice(k, k + 1)
                read = run.store.column(name, column, span.start, span.stop)
                if read.tobytes() != values[span].tobytes():
                    return f"{name}/{column}: row {span.start} is not what was written"
    for path, right in found.arrays.items():
        if right and run.store.array(path).tobytes() != base.arrays[path].tobytes():
            return f"/{path} is not what was written"
    return None


assert h5py  # loaded before memory is limited
