"""Bits of results before a rebuild: writes tests/reference/same_bits.npz.

    python scripts/reference/make_same_bits.py               # all cases of tests/bits/same_bits.py
    python scripts/reference/make_same_bits.py NAME ...      # some, the others stay as they were
    python scripts/reference/make_same_bits.py --files       # the stored runs of an earlier version

A name may be the beginning of several: "activation tanh" is all of tanh. Each array or text that
is not what it was is printed, with the largest difference of the numbers kept, relative to the
array's largest magnitude. The stored runs are made once: they stand for files that people have.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
sys.path.insert(0, str(Path(sys.path[0]) / "bits"))

import bits_files
import same_bits


def chosen(names):
    """Cases whose names begin so; all without a name."""
    for name in names:
        if not any(case.startswith(name) for case in same_bits.CASES):
            sys.exit(f"no case begins with {name!r}; cases: {', '.join(same_bits.CASES)}")
    return [
        case
        for case in same_bits.CASES
        if not names or any(case.startswith(name) for name in names)
    ]


def main(*names):
    """Write what the cases give, and print what has changed."""
    made_on, known = same_bits.load() if same_bits.FILE.exists() else (same_bits.key(), {})
    if names and made_on != same_bits.key():
        sys.exit(
            f"the reference was made on {made_on}, this is {same_bits.key()}: without names, "
            "all of it is made anew."
        )
    cases = chosen(names)
    now = same_bits.entries({case: same_bits.CASES[case]() for case in cases})
    before = {name: pair for case in cases for name, pair in same_bits.of_case(known, case).items()}
    for case in cases:
        if not same_bits.of_case(before, case):
            print(f"{case}: a new case")
    for name in sorted(before.keys() | now.keys()):
        if not same_bits.of_case(before, name.split("/")[0]):
            continue
        if name not in now or name not in before:
            print(f"{name}: {'new' if name in now else 'gone'}")
        elif line := same_bits.changed(before[name], now[name], same_key=True):
            print(f"{name}: {line}")
    kept = {
        name: pair
        for name, pair in known.items()
        if names and name not in before and name.split("/")[0] in same_bits.CASES
    }
    same_bits.save(kept | now, same_bits.key())
    print(
        f"{same_bits.FILE}: {len(cases)} cases made, {len(kept | now)} entries, "
        f"{same_bits.FILE.stat().st_size / 1024:.0f} KB, on {same_bits.key()}"
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["--files"]:
        bits_files.make()
    else:
        main(*sys.argv[1:])
