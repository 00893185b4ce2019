"""What a part of a breakdown costs, and whether a table may compute it unasked."""

from ._diagonals import exact_work

BUDGET = 2e10  # multiply-adds of one part, about a second


def affordable(b, part):
    """Whether a part of a breakdown is known, or costs less than BUDGET."""
    if part in b.made:
        return True
    place = b.place
    passes = {"missed": 150, "kinks": 6, "flips": 1000, "verdict": 1600}.get(part, 0) * place.work
    if part in ("parameters", "verdict"):
        passes += min(4 * exact_work(place), 1600 * place.work)
    return passes <= BUDGET
