"""Time flownet: its steps and curvature against PyTorch and JAX, its recording, its start.

    python scripts/bench [steps] [--dtype float64] [--mechanics adam] [--busy] [--only digits] …
    python scripts/bench record [--pretend 18] [--folder FOLDER] [--json FILE]
    python scripts/bench start
    python scripts/bench first [--dtype float64] [--json FILE]
    python scripts/bench curvature [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench products [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench evidence [--json FILE]
    python scripts/bench flow [--only stiff] [--json FILE]
    python scripts/bench complex [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench frozen [--dtype float64] [--json FILE]
    python scripts/bench sklearn [--json FILE]
    python scripts/bench custom [--dtype float64] [--json FILE]
    python scripts/bench sweep [--dtype float64] [--json FILE]
    python scripts/bench equilibrium [--programs FOLDER] [--json FILE]
    python scripts/bench gpu [--dtype float64] [--json FILE] [--table FILE] [--figure FILE]

What is compared runs in one process, in turns; a ratio is the median of the ratios within the
rounds. A core that other programs use spoils kernels on several threads: look at the load first.
"""

import argparse
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cases import AGREEMENT
from complex import bench_complex
from curvature import bench_curvature
from custom import bench_custom
from estimators import bench_sklearn
from evidence import bench_evidence
from first import bench_first
from flow import PROBLEMS as FLOWS, bench_flow
from frozen import bench_frozen
from gpu import PROBLEMS as ON_GPU, bench_gpu
from peers import STEPS
from physical import bench_equilibrium
from products import PROBLEMS as PRODUCTS, bench_products
from record import bench_record
from start import bench_start
from steps import PROBLEMS, bench_steps
from sweep import bench_sweep

import flownet as fn

BENCHMARKS = {
    "steps": bench_steps,
    "record": bench_record,
    "start": bench_start,
    "first": bench_first,
    "curvature": bench_curvature,
    "products": bench_products,
    "evidence": bench_evidence,
    "flow": bench_flow,
    "complex": bench_complex,
    "frozen": bench_frozen,
    "sklearn": bench_sklearn,
    "custom": bench_custom,
    "sweep": bench_sweep,
    "equilibrium": bench_equilibrium,
    "gpu": bench_gpu,
}


def machine():
    """What the figures depend on."""
    packages = (
        "numpy", "numba", "numba-cuda", "nvmath-python", "torch", "jax", "diffrax", "h5py",
    )  # fmt: skip
    versions = {}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "flownet": fn.__version__,
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        **versions,
    }


def options_from(arguments=None):
    """What the command line asks for."""
    summary = "\n".join(f"  {name:<11}{bench.__doc__}" for name, bench in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        description=f"Time flownet.\n\n{summary}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benchmark", nargs="?", choices=BENCHMARKS, default="steps")
    parser.add_argument(
        "--dtype",
        choices=AGREEMENT,
        help="float32 by default, float64 for curvature, custom, first and flow",
    )
    parser.add_argument("--mechanics", choices=STEPS, default="sgd", help="(steps)")
    parser.add_argument(
        "--busy", action="store_true", help="keep one processor busy beside (steps)"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a contestant's turn")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted({p.name for p in (*PROBLEMS, *PRODUCTS, *FLOWS, *ON_GPU)}),
        help="(steps, curvature, products, flow, complex, gpu)",
    )
    parser.add_argument("--minutes", type=float, help="in which all has to be done (gpu)")
    parser.add_argument("--folder", help="where files are written (record)")
    parser.add_argument(
        "--pretend",
        type=float,
        metavar="MICROSECONDS",
        help="of a step, by a device that is not there (record)",
    )
    parser.add_argument("--programs", help="folder of clones of public programs (equilibrium)")
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    parser.add_argument("--table", type=Path, help="write a table of the file's figures (gpu)")
    parser.add_argument("--figure", type=Path, help="draw a figure of the file's figures (gpu)")
    options = parser.parse_args(arguments)
    options.dtype = options.dtype or (
        "float64"
        if options.benchmark in ("curvature", "products", "custom", "first", "flow")
        else "float32"
    )
    return options


def main():
    """Run one benchmark, print its table, and keep its figures if asked."""
    options = options_from()
    options.machine = machine
    rows = BENCHMARKS[options.benchmark](options)
    if options.json and rows is not None:
        result = {
            "benchmark": options.benchmark,
            "dtype": options.dtype,
            "machine": machine(),
            "rows": rows,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
