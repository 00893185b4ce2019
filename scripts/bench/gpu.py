"""`bench gpu`: steps, products and sweeps on a CUDA device, against peers on it and the CPU beside.

Every figure goes to a file of JSON lines when it is there, so that what a cut leaves is kept; a run
that is started again adds to the file, and what is newer counts. A table and a figure are made of
such a file, with or without a device. The figures come from the device's own events.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from functools import cache, partial
from itertools import pairwise, product
from pathlib import Path
from statistics import median

import gpu_report
import numpy as np
import record
import sweep
from cases import AGREEMENT, judge, make_case
from gpu_clock import Figures, checked, event_seconds, step_time
from turns import seconds_of

import flownet as fn

MINUTES = 9.5  # in which all has to be done
FILE = Path("bench_gpu.jsonl")

Problem = namedtuple("Problem", "name sizes batch loss")
PROBLEMS = [
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic"),
    Problem("digits", (64, 32, 10), 64, "cross-entropy"),
    Problem("digits, all", (64, 32, 10), 1797, "cross-entropy"),
    Problem("mnist", (784, 128, 10), 64, "cross-entropy"),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy"),
    Problem("1024", (784, 1024, 1024, 10), 1024, "cross-entropy"),
    Problem("2048", (784, 2048, 2048, 10), 1024, "cross-entropy"),
]
#: networks and samples that one block and the whole device are tried on
WAYS = [
    ((2, 16, 16, 1), 32), ((64, 32, 10), 64), ((64, 32, 10), 128), ((64, 32, 10), 256),
    ((64, 32, 10), 1024), ((64, 64, 64, 10), 64), ((784, 32, 10), 64),
]  # fmt: skip
SQUARES = 1024, 2048, 4096  # sides of matrices that are multiplied
#: names of sweeps, networks, samples; members along each of two axes, on the device and on the
#: CPU, which needs fewer to be busy; and their steps
MAPS = [("fractal", (16, 16, 1), 272), ("fractal, small", (2, 12, 1), 64)]
SIDE, CPU_SIDE, STEPS = 128, 24, 1000
RECORDED = 20000  # steps of which every one is kept


def flops_of(sizes, batch):
    """Floating-point operations of a step, about."""
    return 6.0 * batch * sum(a * b for a, b in pairwise(sizes))


def bench_steps(figures, options, contestants):
    """Microseconds of a full step of every contestant."""
    for problem in PROBLEMS:
        if options.only and problem.name not in options.only:
            continue
        case = make_case(problem.sizes, problem.batch, problem.loss, options.dtype)
        expected = cache(partial(_judged, case))
        words = {
            "flops": flops_of(problem.sizes, problem.batch), "batch": problem.batch,
            "sizes": problem.sizes, "dtype": options.dtype,
        }  # fmt: skip
        for who, (make, clock) in contestants.items():
            measure = partial(_step, make, clock, case, expected, options)
            figures.take(f"step {problem.name}", who, measure, **words)


def _judged(case):
    """The loss after 20 steps on the CPU."""
    from gpu_peers import flownet

    return judge(case, flownet(case, "cpu")(20))


def _step(make, clock, case, expected, options):
    run = make(case)
    checked(case, run, options.dtype, expected())
    return step_time(run, options.seconds, options.rounds, clock)


def bench_ways(figures, options):
    """A step of small networks by one block, and by all of the device: where one block pays."""
    from gpu_peers import flownet

    from flownet.kernels.cuda.tiny import run as tiny

    before = dict(tiny.SMALL)
    for (sizes, batch), (who, most) in product(
        WAYS, (("one block", np.inf), ("the whole device", 0.0))
    ):
        case = make_case(sizes, batch, "quadratic", options.dtype)
        tiny.SMALL.update({True: most, False: most})
        measure = partial(step_time, flownet(case, "cuda"), options.seconds / 2, 3, event_seconds)
        what = f"way {'-'.join(map(str, sizes))}, {batch}"
        figures.take(what, who, measure, flops=flops_of(sizes, batch), dtype=options.dtype)
    tiny.SMALL.update(before)


def bench_products(figures, options):
    """TFLOP/s of products of squares: flownet's, and cuBLAS's."""
    from gpu_peers import PRODUCTS

    for n, (who, multiply) in product(SQUARES, PRODUCTS.items()):
        measure = partial(_product, multiply, n, options.dtype)
        figures.take(f"product {n}", who, measure, dtype=options.dtype)


def _product(multiply, n, dtype):
    seconds = multiply(n, dtype)
    return {"tflops": 2e-12 * n**3 / seconds, "microseconds": 1e6 * seconds}


def bench_maps(figures, options):
    """Microseconds of a member's step in sweeps, against JAX's vmap."""
    makers = {
        "flownet": (partial(sweep.flownet, device="cuda"), event_seconds, SIDE),
        "JAX vmap": (sweep.jax_vmap, event_seconds, SIDE),
        "flownet, CPU": (sweep.flownet, seconds_of, CPU_SIDE),
    }
    for name, sizes, samples in MAPS:
        losses = {}  # by the side
        words = {"sizes": sizes, "batch": samples, "dtype": options.dtype}
        for who, (make, clock, side) in makers.items():
            setting = sweep.Setting(options.dtype, side, sizes, samples, STEPS)
            measure = partial(_map, setting, losses, make, clock, options.rounds // 2)
            figures.take(f"map {name}", who, measure, **words, members=side * side)


def _map(setting, losses, make, clock, rounds):
    """Of one contestant; whose losses come first are those of all with as many members."""
    run = make(setting)
    found = run()
    expected = losses.setdefault(len(found), found)
    apart = np.median(np.abs(found - expected) / expected)  # some are chaotic
    if not apart < 10 * AGREEMENT[setting.dtype]:
        raise ValueError(f"its losses differ by {apart:.1e}")
    seconds = median(clock(run) for _ in range(max(1, rounds)))
    steps = len(setting.steps) * setting.count
    flops = sweep.flops(setting.sizes, len(setting.x)) * steps
    return {"microseconds": 1e6 * seconds / steps, "tflops": 1e-12 * flops / seconds}


def bench_record(figures, options):
    """What it costs to keep every step of digits, beside the losses alone."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        file = Path(folder, "run.h5")
        for who, run in record.recorders(options.dtype, RECORDED, file, "cuda").items():
            measure = partial(_recorded, run, file)
            figures.take("record digits, 64", who, measure, dtype=options.dtype)


def _recorded(run, file):
    found = []
    for _ in range(4):  # the first one compiles
        file.unlink(missing_ok=True)
        found.append(event_seconds(run))
    file.unlink(missing_ok=True)
    return {"microseconds": 1e6 * median(found[1:]) / RECORDED}


FIRST = """
import time
began = time.perf_counter()
import flownet as fn
net = fn.Network([64, 32, 10], dtype="{dtype}")
p = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits"))
fn.train(p, fn.Aristotle(0.5), steps=5, batch_size=64, device="cuda", progress=False)
print(time.perf_counter() - began)
"""


#: folders of compiled kernels and of compiled Python, which some machines are told not to keep
CACHES = "NUMBA_CACHE_DIR", "CUDA_CACHE_PATH", "PYTHONPYCACHEPREFIX"


def bench_first(figures, options):
    """Seconds of a process that trains digits on the device: with empty caches, and again."""
    with tempfile.TemporaryDirectory() as folder:
        for who in ("empty caches", "again"):
            measure = partial(_first, folder, options.dtype)
            figures.take("first train on the device", who, measure, dtype=options.dtype)


def _first(folder, dtype):
    done = subprocess.run(
        [sys.executable, "-c", FIRST.format(dtype=dtype)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **dict.fromkeys(CACHES, folder)},
        check=True,
    )
    return {"seconds": float(done.stdout.split()[-1])}


def the_device():
    """Name, memory and versions of what is measured; a line and exit code 2 where there is none."""
    from flownet.kernels.device import kernels_of

    try:
        kernels_of("cuda")
    except fn.FlownetError as error:
        print(f"bench gpu: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    from flownet._compile._cuda import SIMULATED, cuda

    if SIMULATED:
        print("bench gpu: NUMBA_ENABLE_CUDASIM is set: a simulator is no device", file=sys.stderr)
        raise SystemExit(2)
    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    found = {"device": name, "capability": list(device.compute_capability),
             "bytes": int(cuda.current_context().get_memory_info().total)}  # fmt: skip
    for word, fact in (("multiprocessors", "MULTIPROCESSOR_COUNT"), ("kilohertz", "CLOCK_RATE")):
        try:
            found[word] = int(getattr(device, fact))  # as numba names what the driver knows
        except Exception:  # whatever it is: the share of the peak is then not told
            continue
    return found


def take_all(figures, options, there):
    """Every figure, those first that claims rest on and that are soon there; steps of JAX, long to
    compile, come late."""
    waits = {who: way for who, way in there.items() if who.startswith("JAX")}
    first = {who: way for who, way in there.items() if who not in waits}
    bench_maps(figures, options)
    bench_record(figures, options)
    bench_first(figures, options)
    bench_steps(figures, options, first)
    bench_products(figures, options)
    bench_steps(figures, options, waits)
    bench_ways(figures, options)


def bench_gpu(options):
    """Steps, products and sweeps on a CUDA device, against PyTorch, JAX, cuBLAS and the CPU."""
    path = options.json or FILE
    if options.table or options.figure:
        gpu_report.write(path, options.table, options.figure)
        return
    device = the_device()
    from gpu_peers import contestants  # which asks the device

    figures = Figures(path, options.minutes or MINUTES)
    begin = {**options.machine(), **device}
    figures.keep(what="begin", who="", when=time.strftime("%Y-%m-%d %H:%M"), **begin)
    print(f"{device['device']}; figures go to {path}")
    take_all(figures, options, contestants(figures, options.dtype))
    print(
        f"a table of them: python scripts/bench gpu --json {path} --table gpu.md --figure gpu.png"
    )
