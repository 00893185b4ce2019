"""`bench first`: what the first use of flownet costs, with no kernel compiled before."""

import json
import os
import subprocess
import sys
import tempfile

# Processor time, not the clock: other programs do not count.
CHILD = """
import json, resource, time
stages = {{}}
def done(name, began=[0.0]):
    used = resource.getrusage(resource.RUSAGE_SELF)
    stages[name] = time.process_time() - began[0], used.ru_maxrss / 1024
    began[0] = time.process_time()
import flownet as fn; done("import flownet")
net = fn.Network([64, 32, 10], activation="tanh", dtype="{dtype}")
potential = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits")); done("potential")
W0 = net.init(seed=0)
run = fn.train(potential, fn.Aristotle(step=0.5), W0=W0, steps=5); done("fn.train")
str(fn.breakdown(run, at=0)); done("fn.breakdown, printed")
fn.flow(potential, W0=W0, time=1.0, rtol=1e-6); done("fn.flow")
print(json.dumps(stages))
"""
TARGETS = {"import flownet": 0.3, "fn.train": 30.0, "fn.breakdown, printed": 20.0, "fn.flow": 12.0}


def bench_first(options):
    """The first train, breakdown and flow of 64-32-10, all caches empty: processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [sys.executable, "-c", CHILD.format(dtype=options.dtype)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NUMBA_CACHE_DIR": folder},
        ).stdout
    stages = json.loads(answer)
    print(f"{'':<24}{'seconds':>9}{'at most':>9}{'memory':>11}")
    for name, (seconds, memory) in stages.items():
        wanted = f"{TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<24}{seconds:>9.2f}{wanted:>9}{memory:>8.0f} MB")
    return [{"stages": stages, "targets": TARGETS}]
