"""`CustomPotential`: what functions may be, machine code, other numbers, sums and charts."""

import gc

import numpy as np
import pytest
from numba import njit
from own_well import W0, own, well, well_in_place
from tolerance import close, tolerance

import flownet as fn
from flownet.kernels.cpu.motion import force
from flownet.motion._problem import is_compiled
from flownet.motion.members import in_lanes

FORMS = {
    "python": well,
    "python, in place": well_in_place,
    "compiled": njit(well),
    "compiled, in place": njit(well_in_place),
}


@pytest.mark.parametrize("function", FORMS.values(), ids=FORMS)
def test_a_double_well_of_ones_own_is_the_librarys(function):
    """Bit for bit: the arithmetic is the same."""
    p, known = own(function), fn.DoubleWell(3)
    assert is_compiled(p) == isinstance(function, type(FORMS["compiled"]))
    for potentials in ((p, known), (2 * p, 2 * known)):
        found, wanted = (fn.train(each, fn.Aristotle(0.1), W0=W0, steps=50) for each in potentials)
        assert found.parameters[:].tobytes() == wanted.parameters[:].tobytes()
        assert found.loss[:].tobytes() == wanted.loss[:].tobytes()
    found, wanted = (fn.flow(each, W0=W0, time=3.0) for each in (p, known))
    close(found.parameters[-1], wanted.parameters[-1])
    close(found.parameters[-1], known.exact(W0, 3.0), kind="solver", scale=100.0)


def test_of_another_function_no_kernel_is_compiled():
    fn.train(own(njit(well)), fn.Aristotle(0.1), W0=W0, steps=2)
    known = len(force.hold_force.overloads)
    twice = njit(lambda W: (float(W @ W), 2 * W))
    run = fn.train(own(twice), fn.Aristotle(0.1), W0=W0, steps=2)
    assert len(force.hold_force.overloads) == known
    close(run.parameters[-1], 0.64 * W0, kind="rounding")


def test_a_function_stays_alive_as_long_as_a_run_may_call_it():
    states = fn.states(own(njit(lambda W: (0.5 * (W @ W), 1 * W))), fn.Aristotle(0.5), W0=W0)
    next(states)
    gc.collect()
    close(next(states).W, 0.5 * W0, kind="rounding")


ADAPTED = {
    "single precision": lambda W: (np.float32(0.5 * (W @ W)), W.astype(np.float32)),
    "whole numbers": lambda W: (1, np.zeros(3, np.int64)),
    "itself": lambda W: (0.5 * (W @ W), W),
    "strides": lambda W: (0.5 * (W @ W), W[::-1][::-1]),
}


@pytest.mark.parametrize("function", ADAPTED.values(), ids=ADAPTED)
def test_other_types_are_taken_as_python_takes_them(function):
    runs = [
        fn.train(own(each), fn.Aristotle(0.5), W0=np.array([1.0, 0.5, -2.0]), steps=3)
        for each in (function, njit(function))
    ]
    assert runs[0].parameters[:].tobytes() == runs[1].parameters[:].tobytes()


def test_one_compiled_ahead_is_called_for_its_types():
    ahead = njit("Tuple((float64, float64[:]))(float64[:])")(lambda W: (0.5 * np.sum(W * W), 1 * W))
    close(
        fn.train(own(ahead), fn.Aristotle(0.5), W0=W0, steps=1).parameters[-1],
        0.5 * W0,
        kind="rounding",
    )


def wall(W):
    if W[0] < 0.1:
        raise ValueError("beyond the wall")
    return 0.5 * np.sum(W * W), 1 * W


@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_what_a_function_raises_comes_back(compiled):
    """From within the loops too, of steps and of flows."""
    p = own(njit(wall) if compiled else wall)
    for go in (
        lambda: fn.train(p, fn.Aristotle(0.1), W0=W0, steps=100),
        lambda: fn.flow(p + fn.Parabola(3), W0=W0, time=10.0),
        lambda: fn.train(p, fn.RungeKutta(rtol=1e-3), W0=W0, steps=100),
    ):
        with pytest.raises(ValueError, match=r"^beyond the wall$"):
            go()


@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_numbers_that_are_none_are_a_run_that_diverges(compiled):
    def pole(W):
        return (np.nan if W[0] < 0.1 else 0.5 * np.sum(W * W)), 1 * W

    run = fn.train(own(njit(pole) if compiled else pole), fn.Aristotle(0.1), W0=W0, steps=100)
    assert run.diverged_at == 11 and np.isfinite(run.loss[:]).all()


def test_single_precision(dtype):
    for function in (well, njit(well)):
        p = own(function)
        run = fn.train(p, fn.Adam(0.1), W0=W0.astype(dtype), steps=20)
        known = fn.train(fn.DoubleWell(3), fn.Adam(0.1), W0=W0.astype(dtype), steps=20)
        assert run.parameters.dtype == dtype
        close(run.parameters[:], known.parameters[:], dtype, kind="rounding", scale=100.0)
    assert p.with_dtype("float32").differential(W0)[1].dtype == np.float32


def test_complex_parameters():
    """Σ|W|⁴/4 + ½|W|², dL = (|W|² + 1)W: the same as the function of twice as many reals."""

    def quartic(W):
        size = (W * W.conj()).real
        return float((size * size / 4 + size / 2).sum()), (size + 1) * W

    def of_reals(u):
        loss, dL = quartic(u.view(complex))
        return loss, dL.view(float)

    p = fn.CustomPotential(2, quartic, dtype="complex128")
    q = fn.CustomPotential(4, of_reals)
    W = np.array([0.3 + 0.4j, -1.0 + 0.2j])
    fn.testing.check_potential(p, W)
    run, real = (
        fn.train(each, fn.Newton(0.1), W0=w, steps=20) for each, w in ((p, W), (q, W.view(float)))
    )
    assert run.parameters[:].view(float).tobytes() == real.parameters[:].tobytes()
    step, same = fn.breakdown(p, W, 0.1), fn.breakdown(q, W.view(float), 0.1)
    close([step.second, step.third], [same.second, same.third], kind="solver")
    close(step.split("parameters").second_self, same.split("parameters").second_self, kind="solver")
    close(fn.sharpness(p, W), fn.sharpness(q, W.view(float)), kind="solver")
    assert fn.train(p + fn.Parabola(2), fn.Aristotle(0.1), W0=W, steps=2).parameters.dtype == "c16"


@pytest.mark.parametrize("function", [well, njit(well)], ids=["python", "compiled"])
def test_sums_with_a_network_in_mini_batches(xor_potential, function):
    size = xor_potential.size
    W = xor_potential.init(0)
    runs = [
        fn.train(xor_potential + 0.1 * each, fn.Newton(0.1), W0=W, steps=20, batch_size=2)
        for each in (own(function, size), fn.DoubleWell(size))
    ]
    close(runs[0].parameters[:], runs[1].parameters[:])
    close(fn.breakdown(runs[0], at=3).second, fn.breakdown(runs[1], at=3).second, kind="solver")
    both, plain = xor_potential + own(function, size), fn.Euclidean(size)
    assert in_lanes(xor_potential, fn.Newton(0.1), plain)
    assert not in_lanes(both, fn.Newton(0.1), plain)  # it knows the library's formulas alone


def test_in_a_chart():
    u = np.arcsinh(W0)
    seen, known = fn.Charted(own(well), fn.Sinh()), fn.Charted(fn.DoubleWell(3), fn.Sinh())
    found, wanted = (fn.breakdown(each, u, 0.1) for each in (seen, known))
    close([found.second, found.third], [wanted.second, wanted.third], kind="solver")
    assert found.noise["third"] < 1e-3 * abs(found.third) + tolerance("solver")


def test_a_sum_with_a_network_is_split_by_loss_map_and_its_own_name():
    """The network's term as alone; what has no map under its name; the sum is the whole."""
    net = fn.Network([2, 3, 1])
    task = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    ours = fn.CustomPotential(net.size, well, name="my well")
    whole, W, delta = task + 0.1 * ours + 0.2 * ours, net.init(3), 0.3 * np.cos(np.arange(net.size))
    b = fn.breakdown(whole, W, displacement=delta)
    split, alone = b.split("map"), fn.breakdown(task, W, displacement=delta).split("map")
    close(split.loss, alone.loss)
    close(split.map, alone.map)
    assert list(split.own) == ["my well"]
    c = split.own["my well"]
    close(c, 0.3 * np.array(fn.DoubleWell(net.size).jet(W, delta, 3)), kind="solver", scale=1e3)
    close(split.promise, b.linear)
    close([split.second_loss + split.second_map + c[2]], [b.second])
    close([split.third_loss + split.third_map + c[3]], [b.third], kind="solver")
    assert "my well" in str(split) and "my well" not in str(alone)
