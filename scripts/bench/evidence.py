"""`bench evidence`: evidence of 64-32-10 on the 1797 digits, its 2410 curvatures exact."""

from statistics import median
from time import perf_counter, process_time

import flownet as fn

TARGET = 10.0  # seconds


def bench_evidence(options):
    """Evidence of 64-32-10 on the digits, by the Hessian and by Gauss-Newton: seconds."""
    net = fn.Network([64, 32, 10])
    potential = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits"))
    W = fn.train(potential, fn.Aristotle(0.5), steps=200, record_every=200).parameters[-1]
    rows = []
    for curvature in ("gauss-newton", "hessian", "both"):
        fn.evidence(potential, W, prior=1.0, curvature=curvature)  # compiles
        times = []
        for _ in range(min(options.rounds, 3)):
            clock, processor = perf_counter(), process_time()
            found = fn.evidence(potential, W, prior=1.0, curvature=curvature)
            told = found.log_Z, found.gamma
            times.append((perf_counter() - clock, process_time() - processor))
        seconds, work = (median(column) for column in zip(*times))
        rows.append({"curvature": curvature, "seconds": seconds, "processor": work})
        print(
            f"{curvature:<14}{seconds:>8.2f} s of at most {TARGET:g}, processor {work:.2f} s; "
            f"log Z {told[0]:.2f}, gamma {told[1]:.1f}"
        )
    return rows
