"""Results are what they were, to the bit on the same processor; see `same_bits`."""

import numpy as np
import pytest
import same_bits
from bits_potentials import THREADED

pytestmark = pytest.mark.slow

MADE_ON, KNOWN = same_bits.load()
SAME_KEY = same_bits.key() == MADE_ON


def differences(case, found):
    """One line for each array or text of a case that is not what it was."""
    before, now = same_bits.of_case(KNOWN, case), same_bits.entries({case: found})
    missing = [f"{name}: is not there any more" for name in before.keys() - now.keys()]
    new = [f"{name}: was not there before" for name in now.keys() - before.keys()]
    told = [
        f"{name}: {line}"
        for name in before.keys() & now.keys()
        if (line := same_bits.changed(before[name], now[name], SAME_KEY))
    ]
    return sorted(missing + new + told)


@pytest.mark.parametrize("case", same_bits.CASES)
def test_what_it_was(case):
    """Digests and texts on the reference's processor; elsewhere the numbers kept."""
    found = differences(case, same_bits.CASES[case]())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", THREADED)
def test_two_threads_give_the_bits_of_one(name):
    """Again and again: shards that write into each other's room do so only now and then."""
    one = same_bits.CASES[name]()
    for _ in range(10):
        for array, value in THREADED[name](None).items():
            assert value.tobytes() == one[array].tobytes(), f"{name}/{array}"


def test_every_case_of_the_reference_is_there():
    assert {name.split("/")[0] for name in KNOWN} == same_bits.CASES.keys()
    assert same_bits.FILE.stat().st_size < 300_000


def test_bits_are_compared():
    """Says where they are not: a reference of an earlier version, made here, would."""
    if not SAME_KEY:
        pytest.skip(
            f"numbers alone were compared; bits are those of {MADE_ON}, this is {same_bits.key()}"
        )


def test_one_bit_more_is_seen():
    """A number that is the next one fails, named, with its relative difference."""
    case = "activation sin, tiny"
    found = same_bits.CASES[case]()
    found["observables/loss"] = loss = found["observables/loss"].copy()
    loss[-1] = np.nextafter(loss[-1], np.inf) if SAME_KEY else loss[-1] * (1 + 1e-9)
    (line,) = differences(case, found)
    assert line.startswith(f"{case}/observables/loss: float64 [31]: ")
    assert "largest relative difference" in line
