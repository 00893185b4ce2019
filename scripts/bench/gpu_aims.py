"""What the GPU has to be good for, each claim with the figure that `bench gpu` has seen for it."""

from collections import namedtuple

#: a claim; what was seen, None where nothing was; what it must be, and what is aimed at, None where
#: that is the same; whether more is better
Aim = namedtuple("Aim", "claim seen must aim least")

SMALL = "2-16-16-1", "digits"  # networks of `bench gpu` that are small, and those that are not
LARGE = "512", "1024", "2048"
MAP = "map fractal"
#: lanes of float32 of a multiprocessor, by compute capability; of all others 128
LANES = {(7, 0): 64, (7, 5): 64, (8, 0): 64}


def peak(begin):
    """TFLOP/s of float32 that the device's lanes can do at its clock; None where it is not told."""
    clock, processors = begin.get("kilohertz"), begin.get("multiprocessors")
    if not clock or not processors:
        return None
    return 2e-9 * LANES.get(tuple(begin["capability"]), 128) * processors * clock


def aims(begin, rows):
    """`Aim` of each claim, from the rows {(what, who): row} of a file."""

    def of(what, who, name="microseconds"):
        return (rows.get((what, who)) or {}).get(name)

    def ratio(above, below):
        return above / below if above and below else None

    def ahead(what, who):
        return ratio(of(what, who), of(what, "flownet"))

    def product(who):
        return of("product 4096", who, "tflops")

    def recorded(who):
        return of("record digits, 64", who)

    def first(who):
        return of("first train on the device", who, "seconds")

    small = [
        Aim(f"{name}: time of {who} / of flownet", ahead(f"step {name}", who), must, aim, True)
        for name in SMALL
        for who, must, aim in (("PyTorch", 1, 20), ("PyTorch, CUDA graph", None, 3))
    ]
    large = [
        Aim(f"{name}: time on the CPU / on the device", ahead(f"step {name}", "flownet, CPU"), 1,
            None, True)
        for name in LARGE
    ]  # fmt: skip
    reached = ratio(of(MAP, "flownet", "tflops"), peak(begin))
    least = max(recorded("losses alone") or 0, recorded("the disk alone") or 0)
    kept = ratio(recorded("every step, file"), least)
    return [
        *small,
        *large,
        Aim("map: time of JAX vmap / of flownet", ahead(MAP, "JAX vmap"), 1, 10, True),
        Aim("map: share of the float32 peak", reached, None, 0.25, True),
        Aim("1024: time of PyTorch / of flownet", ahead("step 1024", "PyTorch"), None, 0.7, True),
        Aim("product of 4096: speed of flownet / of cuBLAS",
            ratio(product("flownet"), product("cuBLAS")), None, 0.7, True),
        Aim("every step in a file / losses alone, or the disk alone if slower", kept, 1.25, None,
            False),
        Aim("first train on the device, empty caches, s", first("empty caches"), None, 30, False),
        Aim("first train on the device, later, s", first("again"), None, 2, False),
    ]  # fmt: skip


def lines(begin, rows):
    """Rows of a table: claim, seen, must, aim, and whether it holds."""
    return [
        [aim.claim, _number(aim.seen), *_wanted(aim), _verdict(aim)] for aim in aims(begin, rows)
    ]


def _number(value):
    return "not measured" if value is None else f"{value:.3g}"


def _wanted(aim):
    sign = "≥" if aim.least else "≤"
    return ["" if number is None else f"{sign} {number:g}" for number in (aim.must, aim.aim)]


def _verdict(aim):
    if aim.seen is None:
        return ""
    held = [
        aim.seen >= wanted if aim.least else aim.seen <= wanted
        for wanted in (aim.must, aim.aim)
        if wanted is not None
    ]
    return "yes" if all(held) else "no" if not any(held) else "not the aim"
