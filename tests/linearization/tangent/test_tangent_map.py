"""The tangent map of every mechanics against differences of the step that training takes."""

import numpy as np
import pytest
from tolerance import close

import flownet as fn
from flownet.geometry.metric import metric_of
from flownet.linearization.tangent import FiniteStep, Seen, Tangent, rows_tape
from flownet.motion.loops import make_loop

MECHANICS = [
    fn.Aristotle(0.3, weight_decay=0.2),
    fn.Aristotle("loss"),
    fn.Newton(0.3, mass=0.8, friction=0.4),
    fn.Newton(0.3, integrator="leapfrog"),
    fn.Newton(0.3, integrator="explicit", weight_decay=0.1),
    fn.Newton(0.3, momentum=0.6),
    fn.Nesterov(0.3, 0.7),
    fn.RMSProp(0.05, epsilon=0.01),
    fn.RMSProp(0.05, memory=0.8, centered=True, momentum=0.5, epsilon=0.01),
    fn.Adam(0.05, epsilon=0.01, weight_decay=0.1),
    fn.AdamW(0.05, epsilon=0.01, weight_decay=0.1),
    fn.ThierryMieg(0.05, mass=0.5, memory1=0.8, memory2=0.9, epsilon=0.01),
    fn.SAM(fn.Aristotle(0.3, weight_decay=0.1), radius=0.2),
    fn.SAM(fn.Adam(0.05, epsilon=0.01), radius=0.2),
    fn.SAM(fn.RMSProp(0.05, centered=True, memory=0.9, epsilon=0.01), radius=0.2),
]


def advanced(potential, mechanics, metric, W, memory, k):
    """State (S, D) of reals after step k from W and memories, by the loop that trains."""
    W = np.array(W)
    loop = make_loop(potential, mechanics, metric, W, 0.0)
    if mechanics.memories:
        loop.arrays["memory"][...] = memory
    loop.advance(k, 1, rows_tape(loop.W, 1))
    after = [loop.W.view(float), *loop.arrays.get("memory", ())]
    return np.array(after)


def state_after(potential, mechanics, metric, W, steps):
    W = np.array(W)
    loop = make_loop(potential, mechanics, metric, W, 0.0)
    loop.advance(0, steps, rows_tape(loop.W, steps))
    memory = loop.arrays.get("memory", np.zeros((0, loop.W.view(float).size)))
    return np.array(loop.W), np.array(memory)


def check_map(potential, mechanics, metric, W, k):
    """The tangent map of step k against central differences of the step that training takes."""
    metric = metric_of(metric, potential)
    W, memory = state_after(potential, mechanics, metric, W, k) if k else (W, None)
    reals = W.view(float)
    if memory is None:
        memory = np.zeros((mechanics.memories, reals.size))
    tangent, seen = Tangent(mechanics, np.iscomplexobj(W)), Seen(potential, W.dtype)
    step = mechanics.policy.steps_from(k, 1, 0.0)[0]
    if mechanics.policy.of_loss:
        step *= potential.value(W)
    taken = FiniteStep(
        k, seen.potential(potential), seen.rows(W), memory, seen.metric(metric), step, 0.0
    )
    rng, eps = np.random.default_rng(0), 1e-6
    T = rng.normal(size=(tangent.slots, 3, reals.size)) * seen.metric(metric).free
    for name, slot, kept in zip(mechanics.remembers, T[1:], memory):
        if name == "square":  # which is not below 0, and small; the two of a pair share it
            slot[:] = kept * (np.repeat(slot[:, ::2], 2, axis=1) if np.iscomplexobj(W) else slot)
    found = tangent.pushed(taken, taken.potential.hessian(taken.W), T)
    for i in range(3):
        ends = [
            advanced(
                potential, mechanics, metric,
                (reals + sign * eps * T[0, i]).view(W.dtype), memory + sign * eps * T[1:, i], k,
            )
            for sign in (1, -1)
        ]  # fmt: skip
        expected = (ends[0] - ends[1]) / (2 * eps)
        np.testing.assert_allclose(found[:, i], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("k", [0, 4])
@pytest.mark.parametrize("mechanics", MECHANICS, ids=repr)
def test_tangent_map_is_the_derivative_of_the_step(xor, mechanics, k):
    metric = fn.LayerMetric(xor.network, [2.0, 0.5])
    if k == 0 and "square" in mechanics.remembers and "centre" in mechanics.remembers:
        k = 1  # ⟨F²⟩ − ⟨F⟩² is 0/0-like at the first force
    check_map(xor, mechanics, metric, xor.init(2), k)


@pytest.mark.parametrize(
    "mechanics", [fn.Nesterov(0.2), fn.Adam(0.05, epsilon=0.01, moments="separate"),
                  fn.SAM(fn.Adam(0.05, epsilon=0.01), radius=0.1)], ids=repr,
)  # fmt: skip
def test_complex_parameters(mechanics):
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=(6, n)) + 1j * rng.normal(size=(6, n)) for n in (2, 1))
    net = fn.Network([2, 3, 1], "cardioid", dtype="complex128")
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    check_map(potential, mechanics, None, potential.init(0), 3)
    found = fn.lyapunov(potential, mechanics, steps=20, count=4)
    assert found.states == (1 + mechanics.memories) * 2 * potential.size
    assert np.isfinite(found.exponents).all()
    if mechanics.moments == "separate":  # of Adam that sees reals, and of those without ⟨F²⟩
        words = {"steps": 20, "count": 4, "W0": potential.init(0).view(float)}
        seen = fn.lyapunov(fn.real_view(potential), mechanics, **words)
        close(seen.exponents, found.exponents, kind="solver")


def test_a_coupled_metric():
    net = fn.Network([3, 3, 3, 3])
    data = fn.Dataset(np.eye(3), np.eye(3)[::-1])
    potential = fn.Potential(net, fn.Quadratic(), data)
    metric = fn.CoupledMetric(net, [[2.0, 0.5, 0], [0.5, 1.0, 0], [0, 0, 1.0]])
    check_map(potential, fn.Nesterov(0.2), metric, potential.init(0), 2)
    found = fn.lyapunov(potential, fn.Aristotle(0.2), metric=metric, steps=20, count=3)
    assert np.isfinite(found.exponents).all()
