"""Experiment files that are wrong, and an output that is closed: told in one line."""

import subprocess
import sys

import numpy as np
import pytest
from arguments import POTENTIAL, STEP, W
from mistakes import told_in_one_line

import flownet as fn

RIGHT = {
    "data": {"name": "xor"},
    "network": {"sizes": [2, 3, 1]},
    "loss": {"kind": "quadratic"},
    "mechanics": {"kind": "aristotle", "step": 0.3},
    "run": {"steps": 2},
}


def toml(**tables):
    import tomli_w

    return tomli_w.dumps({**RIGHT, **tables})


FILES = {
    "heat in a quadratic loss": (
        toml(loss={"kind": "quadratic", "temperature": 2.0}),
        "quadratic takes no temperature; it takes output_metric, sample_metric",
    ),
    "alpha for a parabola": (
        toml(add=[{"kind": "parabola", "alpha": 1.0}]),
        "parabola takes no alpha; it takes size, strength",
    ),
    "a size for uv": (toml(add=[{"kind": "uv", "size": 3}]), "uv takes no size"),
    "a metric for energy": (
        toml(observe={"e": {"kind": "energy", "every": 1, "metric": {"stiffness": [1.0, 1.0]}}}),
        "energy.* takes no metric",
    ),
    "a wide layer": (toml(network={"sizes": [2, 10**9, 10**9, 1]}), "memory"),
    "a layer beyond counts": (toml(network={"sizes": [2, 10**25, 1]}), "sizes"),
    "samples": (toml(data={"name": "spiral", "m": 10**14}), "memory"),
    "samples beyond counts": (toml(data={"name": "spiral", "m": 10**25}), "m"),
    "digits": (toml().replace("steps = 2", "steps = " + "9" * 5000), "is not TOML: .*4300"),
    "brackets": ("x = " + "[" * 5000 + "]" * 5000, "nested too deep"),
    "scale of no number": (toml(loss={"kind": "quadratic", "scale": np.nan}), "a finite number"),
    "scale of a term": (toml(add=[{"kind": "parabola", "scale": np.inf}]), "a finite number"),
    "letters": (b"\xff\xfe\x00", "is not TOML"),
    "zeros": (b"\0" * 100, "is not TOML"),
    "nothing": ("", "the table .* is missing"),
    "text": ("x" * (17 << 20), "it is longer than 16 MiB"),
}


@pytest.mark.parametrize("text, line", FILES.values(), ids=FILES)
def test_bad_experiments_are_told_in_one_line(text, line, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with told_in_one_line(line) as caught:
        fn.Experiment.load(path).run()
    assert str(path) in str(caught.value) and len(str(caught.value)) < 1000


def test_a_closed_output_is_told(tmp_path):
    path = tmp_path / "run.h5"
    fn.train(POTENTIAL, STEP, steps=2, W0=W, store=path)
    code = "from flownet.desk.cli import main; main()"
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'exec "$0" -c "$1" info "$2" {closed}', sys.executable, code, path],
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr + done.stdout
        assert done.returncode == (0 if closed == "2>&-" else 2)
        if closed == ">&-":
            assert done.stderr == "flownet: cannot print: standard output is closed.\n"
