"""Runs that the CPU and a CUDA device take alike: every mechanics, steps, metrics, batches."""

import numpy as np
from twins import uniforms

import flownet as fn

#: by name; steps below half the critical one
MECHANICS = {
    "aristotle": fn.Aristotle(0.1),
    "decayed": fn.Aristotle(0.1, weight_decay=0.03),
    "newton": fn.Newton(0.1, 0.7, 0.5),
    "leapfrog": fn.Newton(0.1, 0.7, 0.5, "leapfrog"),
    "explicit": fn.Newton(0.1, 0.8, 0.5, "explicit"),
    "heated": fn.Newton(0.1, 0.7, 0.5, temperature=1e-3),
    "momentum": fn.Newton(0.05, momentum=0.8),
    "nesterov": fn.Nesterov(0.05, 0.8),
    "langevin": fn.Langevin(0.05, 1e-3),
    "sam": fn.SAM(fn.Aristotle(0.1), radius=0.05),
    # at 0.01, above the critical step of its metric, a rounding grows 10⁹ times in 200 steps
    "rmsprop": fn.RMSProp(0.003, epsilon=1e-2),
    "rmsprop, centred, with momentum": fn.RMSProp(0.003, centered=True, momentum=0.5, epsilon=1e-2),
    "adam": fn.Adam(0.01, epsilon=1e-2),
    "adamw": fn.AdamW(0.01, epsilon=1e-2, weight_decay=0.1),
    "thierry-mieg": fn.ThierryMieg(0.05, 0.7, 1.0, 0.5, 0.9, epsilon=1e-2),
    "thierry-mieg, centred": fn.ThierryMieg(
        0.05, 0.7, 1.0, 0.5, 0.9, epsilon=1e-2, centered=True, corrected=False
    ),
}

#: those that divide by small forces
DIVIDES = ("rmsprop", "adam", "thierry-mieg")

#: policies of the step and of other numbers
POLICIES = {
    "schedule": fn.Aristotle("exponential:0.2:0.9"),
    "of the loss": fn.Aristotle(fn.LossRate(0.3)),
    "of the temperature": fn.Langevin(0.05, "exponential:0.01:0.9"),
    "of a heat bath": fn.Newton(0.1, friction=0.5, temperature="exponential:0.01:0.9"),
}


def potential(sizes=(2, 3, 1), m=5, dtype="float64", loss=None):
    """A small potential of a tanh network on made samples."""
    net = fn.Network(sizes, "tanh", dtype=dtype)
    data = fn.Dataset(uniforms(5, m, sizes[0]), uniforms(6, m, sizes[-1]))
    return fn.Potential(net, loss or fn.Quadratic(), data)


def distance(one, other):
    """Largest difference of two runs' parameters, relative to ‖W‖ at each row."""
    a, b = (np.asarray(run.parameters[:], np.float64) for run in (one, other))
    assert a.shape == b.shape
    return (np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max()


def bound(name, dtype):
    """How far apart 200 steps on two devices may be, relative to ‖W‖."""
    return {"float64": (1e-12, 1e-9), "float32": (1e-5, 1e-3)}[dtype][name.startswith(DIVIDES)]


def near(holds, one, other, name, dtype):
    """Hold that two runs of a mechanics agree, as two devices have to."""
    kind = ", by small forces" if name.startswith(DIVIDES) else ""
    claim = f"apart / ‖W‖, {len(one.loss) - 1} steps, {dtype}{kind}"
    holds(claim, distance(one, other), bound(name, dtype))


def both(potential, mechanics, **words):
    """The same run on the CPU and on the device."""
    words = {"progress": False, "seed": 3, **words}
    return [fn.train(potential, mechanics, device=d, **words) for d in ("cpu", "cuda")]


def same_records(one, other, rtol):
    """What two runs recorded beside their parameters."""
    assert np.array_equal(one.iteration, other.iteration)
    for a, b in ((one.loss, other.loss), (one.step, other.step), (one.time, other.time)):
        np.testing.assert_allclose(b[:], a[:], rtol=rtol)
    assert one.diverged_at == other.diverged_at
