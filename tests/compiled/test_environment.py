"""What importing and compiling leave as it was, and the one line where nothing can be compiled."""

import gc
import os
import re
import subprocess
import sys

import numba
import pytest
from checkout import ROOT, SCRIPTS
from fresh_process import begun, ended, slow
from numba.core import event


@slow
@pytest.mark.parametrize("given", [{}, {"GOMP_SPINCOUNT": "7"}])
def test_importing_leaves_the_environment_as_it_was(given):
    """OpenMP is loaded with short spins all the same, unless the user says how long they are."""
    script = """
import os
before = dict(os.environ)
import flownet as fn
fn.data.load("xor"), fn.Network([2, 4, 1]).init(0), fn.train
assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
print(0)
"""
    *_, told = ended(begun(ROOT, script, OMP_DISPLAY_ENV="verbose", **given))
    if "GOMP_SPINCOUNT" in told:  # GNU's OpenMP, and not another
        assert f"GOMP_SPINCOUNT = '{given.get('GOMP_SPINCOUNT', 1000)}'" in told


def test_a_start_waits_for_nothing_that_it_does_not_use():
    """scipy's operators and solvers, files and figures take longer to load than all of flownet."""
    script = """
import sys
import flownet as fn
fn.data.load("xor"), fn.Network([2, 4, 1]), fn.Potential, fn.train, fn.flow, fn.breakdown, fn.sweep
print(*{"scipy.linalg", "scipy.sparse", "h5py", "matplotlib", "pydantic"} & set(sys.modules))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, text=True, capture_output=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_without_the_compiler_there_is_one_clear_line():
    script = "from flownet.desk.cli import main; main()"
    experiment = str(SCRIPTS / "experiments" / "xor.toml")
    done = subprocess.run(
        [sys.executable, "-c", script, "run", experiment, "-o", os.devnull],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"flownet: .*NUMBA_DISABLE_JIT is set, .* unset it\.\n", done.stderr)


@pytest.mark.parametrize("given", [gc.get_threshold(), (60_000, 5, 200), (0, 10, 10)])
def test_garbage_is_looked_for_as_before_when_kernels_are_compiled(given):
    """Less often meanwhile, of functions within functions too, and never where nobody looks."""
    meanwhile = []

    class Look(event.Listener):
        def on_start(self, event):
            meanwhile.append(gc.get_threshold())

        def on_end(self, event):
            pass

    before = gc.get_threshold()
    gc.set_threshold(*given)
    try:
        with event.install_listener("numba:compile", Look()):
            inner = numba.njit(lambda x: x + 1)
            assert numba.njit(lambda x: inner(x) * 2)(1) == 4
        assert gc.get_threshold() == given
    finally:
        gc.set_threshold(*before)
    seldom = given if given[0] == 0 else tuple(map(max, given, (50_000, 20, 100)))
    assert len(meanwhile) == 2 and set(meanwhile) == {seldom}
