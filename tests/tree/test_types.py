"""What the public face says of types: mypy is content with the package and a user's script.

The script is the README's first example with parts of one's own; a second one has mistakes, each
with what mypy has to say of it beside it.
"""

import re
import subprocess
import sys
from typing import get_args

import pytest
from checkout import ROOT

from flownet.motion.mechanics import INTEGRATORS
from flownet.motion.mechanics._newton import Integrator

pytest.importorskip("mypy")

README = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)

OWN = '''
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flownet.motion.loops import State
from flownet.motion.mechanics import StepPolicy
from flownet.motion.observe import Observable


class Halving(StepPolicy):
    """Half the step every so many iterations."""

    def __init__(self, step: float, every: int) -> None:
        self.step, self.every = step, every

    def at(self, iteration: int) -> float:
        return self.step * 0.5 ** (iteration // self.every)


class Weighted(fn.Metric):
    """A stiffness for each parameter."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self.weights, self.size = weights, weights.size

    def sharp(self, dL: NDArray[Any]) -> NDArray[Any]:
        return dL / self.weights

    def flat(self, V: NDArray[Any]) -> NDArray[Any]:
        return self.weights * V


class Length(Observable):
    """‖W‖."""

    def __call__(self, state: State) -> float:
        return float(np.linalg.norm(state.W))


class Walked(Observable):
    """The distance from the beginning, which it remembers."""

    def memory(self, W: NDArray[Any]) -> dict[str, Any]:
        return {"first": W.copy()}

    def __call__(self, state: State, memory: dict[str, Any]) -> float:
        return float(np.linalg.norm(state.W - memory["first"]))


def largest(state: State) -> float:
    return float(np.abs(state.W).max()) + state.loss


metric = Weighted(np.ones(net.size))
own = fn.train(
    potential + 0.01 * fn.Parabola(net.size),
    fn.Newton(Halving(0.5, 100), integrator="leapfrog"),
    steps=10,
    metric=metric,
    observe={
        "length": (5, Length()),
        "walked": (5, Walked()),
        "largest": (5, largest),
        "held out": (5, fn.Potential(net, fn.Quadratic(), data)),
        "sharpness": (5, fn.Sharpness(potential, fn.LayerMetric(net, [1.0, 100.0]))),
    },
)
fn.testing.check_policy(Halving(0.5, 10))
fn.testing.check_metric(metric, potential)
fn.testing.check_observable(Walked())
print(fn.breakdown(own, every=5)[0].verdict, fn.breakdown(potential, W0, 0.1).split("layers"))
limit = 2 / fn.sharpness(potential, own.parameters[-1], metric=metric)
beside = fn.flow(potential, W0=W0, time=own.time[-1], at=own.time, metric=lambda time: metric)
print(own.loss[-1] - beside.loss[-1], fn.sharpness(own, every=5).value, own.mechanics.step)
print(fn.train(fn.UV(), fn.Aristotle("linear:0.1"), W0=[1.0, 2.0], steps=3).potential.network)
part, rest = data.split(test_size=0.5, stratified=True)
weighed = fn.CrossEntropy(sample_metric=fn.Dataset([[0.0], [1.0]], ["a", "b"]).weights())
named = net.state_dict(net.pack(net.unpack(W0)), names=["first", "second"])
print(own.score(part), own.predict(rest.x), net.predict(W0, data.x), weighed.p_hat([[0.0, 1.0]]))
fn.to_onnx(net, net.from_state_dict(named, names=["first", "second"]), "net.onnx")
again, W = fn.from_onnx("net.onnx")
print(own.to_pandas(parameters=True).shape, again.sizes, W.shape)
'''

WRONG = """
import flownet as fn
from flownet.motion.mechanics import StepPolicy

net = fn.Network([4, 8, 2])
data = fn.data.load("xor")
fn.Potential(net, "quadratic", data)  # expect: incompatible type "str"; expected "Loss"
fn.Newton(0.1, integrator="leap-frog")  # expect: incompatible type "Literal['leap-frog']"
fn.train(fn.UV(), fn.Aristotle(0.1), step=10)  # expect: Unexpected keyword argument "step"
fn.LayerMetric(net, [1.0, 1.0]) + 1  # expect: Unsupported operand types


class Slow(StepPolicy):
    def at(self, iteration: int) -> str:  # expect: incompatible with return type "float"
        return "slow"
"""


def mypy(*words, cwd=ROOT):
    """Lines that mypy prints."""
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *words],
        cwd=cwd,
        env={"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    return (told.stdout + told.stderr).splitlines()


def test_package_keeps_its_types(tmp_path):
    assert mypy("-p", "flownet", "--cache-dir", tmp_path)[-1].startswith("Success")


def test_script_of_a_user(tmp_path):
    (tmp_path / "right.py").write_text(README + OWN)
    (tmp_path / "wrong.py").write_text(WRONG)
    strict = ["--disallow-untyped-calls", "--disallow-untyped-defs", "--disallow-subclassing-any"]
    words = [*strict, "--disallow-untyped-decorators", "--follow-imports=silent"]
    lines = mypy(*words, "--cache-dir", tmp_path, "right.py", "wrong.py", cwd=tmp_path)
    errors = [line.split(":", 2) for line in lines if ": error:" in line]
    expected = {
        str(number): line.split("# expect: ")[1]
        for number, line in enumerate(WRONG.splitlines(), 1)
        if "# expect: " in line
    }
    assert {(file, number) for file, number, _ in errors} == {("wrong.py", n) for n in expected}
    for wanted, text in expected.items():
        assert any(text in said for _, number, said in errors if number == wanted), text


def test_words_of_a_type_are_those_of_its_table():
    assert get_args(Integrator) == tuple(INTEGRATORS)
