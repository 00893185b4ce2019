"""What results were before a rebuild, to the bit: the cases, and how they are kept and compared.

`scripts/reference/make_same_bits.py` writes into `tests/reference/same_bits.npz` what the cases
give: of every array its digest and up to 32 of its numbers, of every table its text. Bits are those
of one processor and of the libraries named in `key()`; elsewhere the numbers kept are compared.
"""

import hashlib
import json
from difflib import unified_diff

import bits_complex
import bits_files
import bits_flows
import bits_metrics
import bits_potentials
import bits_runs
import bits_steps
import numpy as np
from checkout import REFERENCE
from tolerance import tolerance

FILE = REFERENCE / "same_bits.npz"
KEPT = 32  # numbers of each array

#: name -> function without arguments that gives a table of arrays and texts. An array may stand in
#: a pair with the kind of its tolerance on other processors, None for one that has none there.
CASES = {
    **bits_runs.CASES,
    **bits_metrics.CASES,
    **bits_potentials.CASES,
    **bits_steps.CASES,
    **bits_flows.CASES,
    **bits_complex.CASES,
    **bits_files.CASES,
}


def key():
    """The processor and the libraries that bits may depend on, in one line."""
    import llvmlite
    import llvmlite.binding as llvm
    import numba
    import scipy

    features = numba.config.CPU_FEATURES or llvm.get_host_cpu_features().flatten()
    return (
        f"{numba.config.CPU_NAME or llvm.get_host_cpu_name()} "
        f"{hashlib.sha256(features.encode()).hexdigest()[:12]}, numba {numba.__version__}, "
        f"llvmlite {llvmlite.__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"linear algebra {_algebra()}"
    )


def _algebra():
    """Digest of what numpy's linear algebra gives: its code is chosen by more than a processor."""
    A = np.random.RandomState(0).uniform(-1, 1, (32, 32))
    found = np.concatenate([*np.linalg.eigh(A + A.T)[1], *(A @ A), A @ A[0]])
    return hashlib.sha256(found.tobytes()).hexdigest()[:12]


# ---- what is kept --------------------------------------------------------------------------------


def entry(value):
    """A table of what is kept of one array or text, and the numbers (n,) of the array."""
    if isinstance(value, str):
        return {"text": value}, np.zeros(0)
    array, kind = value if isinstance(value, tuple) else (value, "reference")
    array = np.ascontiguousarray(array)
    numbers = array.ravel()
    at = np.unique(np.linspace(0, max(0, numbers.size - 1), min(numbers.size, KEPT)).astype(int))
    double = np.complex128 if numbers.dtype.kind == "c" else np.float64
    kept = numbers[at].astype(double).view(np.float64)
    head = f"{array.dtype.str} {array.shape} "
    digest = hashlib.sha256(head.encode() + array.tobytes()).hexdigest()
    finite = np.abs(numbers[np.isfinite(numbers)])
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "digest": digest,
        "kind": kind,
        "largest": float(finite.max(initial=0)),
        "count": kept.size,
    }, kept


def entries(results):
    """{"case/array": (table, numbers)} of results {case: {array: …}}."""
    return {
        f"{case}/{name}": entry(value)
        for case, found in results.items()
        for name, value in found.items()
    }


def save(known, made_on, file=FILE):
    """Write entries into the reference."""
    index = json.dumps(
        {name: table for name, (table, _) in sorted(known.items())}, ensure_ascii=False
    )
    values = [numbers for _, (_, numbers) in sorted(known.items())]
    np.savez_compressed(
        file,
        key=np.array(made_on),
        values=np.concatenate(values),
        index=np.frombuffer(index.encode(), np.uint8),
    )


def load(file=FILE):
    """The key that the reference was made on, and its entries."""
    with np.load(file) as stored:
        index, values = json.loads(stored["index"].tobytes()), stored["values"]
        made_on = str(stored["key"])
    ends = np.cumsum([table.get("count", 0) for table in index.values()])
    return made_on, {
        name: (table, values[end - table.get("count", 0) : end])
        for (name, table), end in zip(index.items(), ends)
    }


def of_case(known, case):
    """The entries of one case."""
    return {name: pair for name, pair in known.items() if name.startswith(case + "/")}


# ---- comparison ----------------------------------------------------------------------------------


def apart(before, now):
    """Largest difference of the numbers kept, relative to the array's largest magnitude."""
    (table, old), (_, new) = before, now
    if old.shape != new.shape or (np.isnan(old) != np.isnan(new)).any():
        return np.inf
    with np.errstate(invalid="ignore"):
        differences = np.where((old == new) | np.isnan(old), 0.0, np.abs(old - new))
    largest = differences.max(initial=0.0)
    return float(largest / table["largest"]) if table["largest"] else float(largest)


def changed(before, now, same_key):
    """One line that says how an entry differs from the earlier one; empty where it does not."""
    (old, _), (new, _) = before, now
    if "text" in old or "text" in new:
        if not same_key or old.get("text") == new.get("text"):
            return ""
        lines = [table.get("text", "").splitlines() for table in (old, new)]
        return "\n".join(["another text", *unified_diff(*lines, "before", "now", n=0, lineterm="")])
    if same_key and old["digest"] == new["digest"]:
        return ""
    form = f"{new['dtype']} {new['shape']}"
    if (old["dtype"], old["shape"]) != (new["dtype"], new["shape"]) and (
        same_key or old["kind"] is not None
    ):
        return f"it is {form} instead of {old['dtype']} {old['shape']}"
    far = apart(before, now)
    if same_key:
        kept = "" if far else " (in the numbers kept; others differ)"
        return f"{form}: other bits, largest relative difference {far:.1e}{kept}"
    if old["kind"] is None or far <= _tolerance(old):
        return ""
    return f"{form}: largest relative difference {far:.1e}, {_tolerance(old):.0e} at most"


def _tolerance(table):
    """Of another processor; whole numbers and truths are the same everywhere."""
    dtype = np.dtype(table["dtype"])
    if dtype.kind not in "fc":
        return 0.0
    single = dtype.itemsize // (2 if dtype.kind == "c" else 1) == 4
    return tolerance("reference", "float32") if single else tolerance(table["kind"])
