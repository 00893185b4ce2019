"""Systems whose states move smoothly under a nudge, and an experiment file of one."""

from states_at_rest import setting as hopfield
from test_resistive import setting as resistive

import flownet as fn

QUADRATIC = ("identity", "none")  # energies whose frozen force is exact
FILE = """
[data]
name = "xor"
[system]
kind = "hopfield"
sizes = [2, 6, 1]
activation = "tanh"
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
estimator = "one-sided"
[metric]
stiffness = [1.0, 2.0]
[mechanics]
kind = "newton"
step = 0.2
[run]
steps = 30
"""


def system(name, **words):
    """An `Equilibrium` and parameters, of systems whose states move smoothly."""
    if name in ("exponential", "none"):
        return resistive(name, **words)
    made, W, data = hopfield(name, scale=0.2)
    return fn.Equilibrium(made, fn.Quadratic(), data, **{"nudge": 0.05, **words}), W


def experiment(folder, text=FILE):
    path = folder / "xor.toml"
    path.write_text(text)
    return fn.Experiment.load(path)
