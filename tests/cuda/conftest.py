"""Tests of the kernels for CUDA devices, in three kinds, each where it can be run.

`simulator`: with NUMBA_ENABLE_CUDASIM=1, threads of Python in place of a device; `ptx`: compiled
for several processors, with the compilers of `flownet[ptx]`; `gpu`: on a device. A test that cannot
be run is skipped, with its reason; `--gpu` asks for those on a device, `--ptx` for those compiled,
and both are an error where that cannot be.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALLED = find_spec("numba_cuda") is not None

if not INSTALLED:
    collect_ignore_glob = ["*test_cuda_*"]


def pytest_configure(config):
    if INSTALLED:
        from flownet._compile._cuda import SIMULATED

        if SIMULATED:
            from threads_in_turn import take_turns

            take_turns()
    if config.getoption("--gpu"):
        config.pluginmanager.register(_ToldAtOnce(config.pluginmanager))


class _ToldAtOnce:
    """Failures on a device are told when they happen: its time may end before the tests do."""

    def __init__(self, plugins):
        self._plugins = plugins

    def pytest_runtest_logreport(self, report):
        terminal = self._plugins.get_plugin("terminalreporter")  # processes beside it have none
        if report.failed and terminal:
            terminal.write_line(f"\n{report.nodeid}\n{report.longreprtext}")


@pytest.fixture
def blas(monkeypatch):
    """What stands in for cuBLAS."""
    from blas import in_its_place

    with in_its_place(monkeypatch) as library:
        yield library


def pytest_report_header(config):
    return [] if INSTALLED else ["tests/cuda left out: numba-cuda is not installed"]


def _missing():
    """Of each marker, why its tests cannot be run here; None where they can."""
    from flownet._compile._cuda import SIMULATED, why_not

    if SIMULATED:
        other = "NUMBA_ENABLE_CUDASIM is set: no compiler and no device"
        return {"simulator": None, "ptx": other, "gpu": other}
    from ptx import find_ptxas

    why = why_not()
    return {
        "simulator": "NUMBA_ENABLE_CUDASIM=1 is not set",
        "ptx": _no_compilers(find_ptxas()),
        "gpu": why and f"no device: {why}",
    }


def _no_compilers(ptxas):
    """Why nothing can be compiled here, or None."""
    if not ptxas or find_spec("nvidia") is None:
        return "no compilers: pip install 'flownet[ptx]'"
    return None


def pytest_collection_modifyitems(config, items):
    mine = [item for item in items if HERE in item.path.parents]
    missing = _missing() if mine else {}
    for marker in ("gpu", "ptx"):
        if config.getoption(f"--{marker}"):
            if why := missing.get(marker, "tests/cuda is where they are"):
                raise pytest.UsageError(f"--{marker}: {why}")
            wanted = [item for item in mine if item.get_closest_marker(marker)]
            config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
            items[:] = wanted
    if not config.getoption("--ptx"):  # minutes, by a command of their own
        missing["ptx"] = missing.get("ptx") or "./scripts/test --ptx runs these"
    for item in mine:
        for marker, why in missing.items():
            if why and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=why))
