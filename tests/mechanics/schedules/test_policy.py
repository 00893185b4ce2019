"""Step policies: each against its equation, along recorded runs, in words, stopped and resumed."""

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn
from flownet._errors import FlownetError
from flownet.motion.mechanics import policy_of

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
W0 = CASE["arrays"]["W"]
EVERY = [
    "linear:0.1",
    "linear:0.1:0.5",
    "loss:0.1",
    "warmup:0.2:7",
    "cosine:0.2:30",
    "cosine:0.2:6:0.01",
    "constant:0.2",
]


@pytest.fixture(scope="module")
def small():
    """3-5-4-2 on 17 samples."""
    return twins.potential(CASE)


class Program:
    """A potential that no table can say, one call at a time."""

    def __init__(self, potential):
        self.size, self.data, self.dtype = potential.size, potential.data, potential.dtype
        self.differential, self.value = potential.differential, potential.value
        self.jet = potential.jet


class HalfSquare(Program):
    """½L²: its covector is L·dL."""

    def __init__(self, potential):
        super().__init__(potential)
        self.value = lambda W: 0.5 * potential.value(W) ** 2
        self.on = lambda rows: HalfSquare(potential.on(rows))

        def differential(W):
            L, dL = potential.differential(W)
            return 0.5 * L * L, L * dL

        self.differential = differential


# ---- second order a fraction of first -----------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("stiffness", [None, [1.0, 4.0, np.inf]])
@pytest.mark.parametrize("regulator", [0.0, 0.01])
@pytest.mark.parametrize("fraction", [0.1, 0.6])
def test_every_step_has_its_fraction(fraction, regulator, stiffness, batch_size, small):
    """|½H(δ,δ)| = fraction·|dL(δ)|, of the displacements as they were taken."""
    potential = small + regulator * fn.Parabola(small.size) if regulator else small
    metric = stiffness and fn.LayerMetric(small.network, stiffness)
    run = fn.train(
        potential,
        fn.Aristotle(fn.Linearity(fraction, most=1e6)),
        W0=W0,
        steps=20,
        batch_size=batch_size,
        metric=metric,
    )
    series = fn.breakdown(run, every=1)
    assert len(series) == 20 and (run.step > 0).all() and np.ptp(run.step) > 0
    close(series.ratio, np.full(20, fraction))


def test_the_default_bound_leaves_such_steps_alone(small):
    """Without `most`, too: the bound is 25 parabolas away."""
    bound, free = (
        fn.train(small, fn.Aristotle(fn.Linearity(0.1, most)), W0=W0, steps=60)
        for most in (None, 1e6)
    )
    np.testing.assert_array_equal(bound.parameters[:], free.parameters[:])


def test_linearity_against_its_naive_twin(small):
    """From each recorded row to the next by h = fraction·|c₁|/|c₂|, jet and all in plain NumPy."""
    run = fn.train(small, fn.Aristotle("linear:0.2"), W0=W0, steps=25)
    problem, path = twins.problem(CASE), run.parameters[:]
    for W, after, step in zip(path, path[1:], run.step):
        _, dL = naive.differential(problem, W)
        _, c1, c2 = naive.jet2(problem, W, -dL)
        close(step, 0.2 * abs(c1) / abs(c2))
        close(after, W - step * dL)


def test_linearity_in_float32(small):
    """One jet in the run's own precision; the fraction holds to that precision."""
    run = fn.train(small.with_dtype("float32"), fn.Aristotle("linear:0.1"), W0=W0, steps=15)
    close(fn.breakdown(run, every=1).ratio, np.full(15, 0.1), "float32", scale=1)


@pytest.mark.parametrize("kappa", [1.0, 3.0])
@pytest.mark.parametrize("fraction", [0.1, 0.7, 1.3])
def test_linearity_on_the_parabola(fraction, kappa):
    """c₁ = −κ²W², c₂ = ½κ³W²: h = 2·fraction/κ everywhere, and W ← (1 − 2·fraction)W."""
    start = np.array([1.0, -2.0, 0.5])
    run = fn.train(
        fn.Parabola(3, strength=kappa), fn.Aristotle(fn.Linearity(fraction)), W0=start, steps=12
    )
    close(run.step, np.full(12, 2 * fraction / kappa), kind="rounding")
    close(run.parameters[:], (1 - 2 * fraction) ** np.arange(13.0)[:, None] * start)


def test_linearity_on_the_quartic():
    """c₁ = −¼α²W⁶, c₂ = 3α³W⁸/16: h = 4·fraction/(3αW²), and W ← (1 − 2·fraction/3)W."""
    run = fn.train(fn.Quartic(alpha=2.0), fn.Aristotle("linear:0.3"), W0=[1.5], steps=30)
    W = 1.5 * 0.8 ** np.arange(31)
    close(run.parameters[:, 0], W)
    close(run.step * W[:-1] ** 2, np.full(30, 0.2))


def test_half_a_parabola_in_one_step():
    """fraction ½ ends in the minimum; there dL = 0, and the run stands still without a NaN."""
    run = fn.train(fn.Parabola(2), fn.Aristotle(fn.Linearity(0.5)), W0=[3.0, -4.0], steps=5)
    assert run.parameters[:].tolist() == [[3, -4], *[[0, 0]] * 5]
    assert run.step.tolist() == run.time[1:].tolist()[:1] + [0] * 4 and run.finished


def test_no_square_underflows():
    """|W| halves down to the least number of all; V² and L are 0 long before."""
    run = fn.train(fn.Parabola(), fn.Aristotle(fn.Linearity(0.25)), W0=[1.0], steps=1200)
    np.testing.assert_array_equal(run.parameters[:1075, 0], 0.5 ** np.arange(1075.0))
    np.testing.assert_array_equal(run.step[:1000], 0.5)
    assert run.finished and run.parameters[-1] == 5e-324


@pytest.mark.parametrize("most, step", [(None, 100 * 0.1 * 0.5), (0.3, 0.3), (1e6, None)])
def test_an_inflection_has_a_longest_step(most, step):
    """c₂ = 0 at W² = c²/3: from there 100·fraction·L/|c₁| or `most`, with L = ½ and dL = −1."""
    well, policy = fn.DoubleWell(alpha=1.0, c=np.sqrt(3)), fn.Linearity(0.1, most)
    run = fn.train(well, fn.Aristotle(policy), W0=[1.0], steps=1)
    assert run.step[0] == pytest.approx(step) if step else run.step[0] == 1e6


def test_a_bounded_step_has_less_than_its_fraction(small):
    """min(fraction·|c₁|/|c₂|, most): never more second order than was asked for."""
    run = fn.train(small, fn.Aristotle("linear:0.1:0.5"), W0=W0, steps=40)
    ratio = fn.breakdown(run, every=1).ratio
    held = run.step == 0.5
    assert 0 < held.sum() < 40 and (run.step <= 0.5).all() and (ratio[held] < 0.1).all()
    close(ratio[~held], np.full((~held).sum(), 0.1))


class Slope(Program):
    """L = W, without end and without curvature."""

    def __init__(self):
        super().__init__(fn.Parabola())
        self.value = lambda W: float(W[0])
        self.differential = lambda W: (float(W[0]), np.ones(1))
        self.jet = lambda W, V, order: np.array([W[0], V[0], 0.0])


def test_a_step_without_bound_ends_the_run():
    """On L = W, W ← W − 100·0.1·W, and below 0 there is no bound: h = ∞, recorded no more."""
    run = fn.train(Slope(), fn.Aristotle("linear:0.1"), W0=[1.0], steps=9)
    assert run.diverged_at == 1 == len(run.loss) == len(run.step) == len(run.parameters)
    close(run.step, [10.0], kind="rounding")
    with_most = fn.train(Slope(), fn.Aristotle("linear:0.1:2"), W0=[1.0], steps=9)
    assert with_most.finished and with_most.parameters[-1] == -17


# ---- η = L (TM 22) ------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 5])
def test_loss_rate_is_descent_of_half_the_square(batch_size, small):
    """W ← W − factor·L·dL is a step `factor` on ½L²; the recorded step is factor·L."""
    words = dict(W0=W0, steps=30, batch_size=batch_size, seed=4)
    run = fn.train(small, fn.Aristotle(fn.LossRate(0.05)), **words)
    other = fn.train(HalfSquare(small), fn.Aristotle(0.05), **words)
    close(run.parameters[:], other.parameters[:])
    np.testing.assert_array_equal(run.step, 0.05 * run.loss[:-1])
    np.testing.assert_array_equal(run.time, np.append(0, np.cumsum(run.step)))


def test_loss_rate_follows_the_flow_of_half_the_square():
    """On the parabola W(s) = W₀/√(1 + κ²‖W₀‖²s), s = Σ factor; in its own time W₀e^{−κt}."""
    start, kappa, s = np.array([0.6, -0.8]), 2.0, 3.0
    exact = start / np.sqrt(1 + kappa**2 * s)
    factors, errors, own = s / np.array([150, 300, 600, 1200]), [], []
    for factor in factors:
        run = fn.train(
            fn.Parabola(2, strength=kappa),
            fn.Aristotle(fn.LossRate(factor)),
            W0=start,
            steps=round(s / factor),
        )
        errors.append(np.linalg.norm(run.parameters[-1] - exact))
        own.append(np.linalg.norm(run.parameters[-1] - start * np.exp(-kappa * run.time[-1])))
    has_order(errors, factors, 1)
    has_order(own, factors, 1)


def test_loss_rate_step_by_step_in_python(small):
    """The factor on the loss is the same in the compiled loop and in the other."""
    words = dict(W0=W0, steps=20)
    compiled, python = (
        fn.train(p, fn.Aristotle("loss:0.5"), **words) for p in (small, Program(small))
    )
    close(python.parameters[:], compiled.parameters[:])
    close(python.step, compiled.step)


@pytest.mark.parametrize("wrapped", [lambda p: p, Program])
def test_a_step_that_overflows_ends_the_run(wrapped):
    """L = 5·10¹⁹ is finite, 10³⁰⁰·L is not: not even row 0 is recorded."""
    run = fn.train(wrapped(fn.Parabola()), fn.Aristotle(fn.LossRate(1e300)), W0=[1e10], steps=9)
    assert (run.diverged_at, len(run.loss), len(run.parameters)) == (0, 0, 0)


def test_loss_rate_diverges_up_to_the_last_finite_row():
    """On the parabola W ← W(1 − ½W²) runs away from W = 3, ever faster."""
    run = fn.train(fn.Parabola(), fn.Aristotle("loss"), W0=[3.0], steps=99)
    assert 0 < run.diverged_at == len(run.loss) == len(run.step) == len(run.parameters)
    assert np.isfinite(run.step).all() and np.isfinite(run.parameters[:]).all()


# ---- functions of the iteration -----------------------------------------------------------------


def test_warmup_is_its_formula(small):
    """step·(k+1)/over, full at k = over − 1 and ever after."""
    run = fn.train(small, fn.Aristotle("warmup:0.2:8"), W0=W0, steps=20)
    close(run.step, np.minimum(np.arange(1, 21) / 8, 1) * 0.2, kind="rounding")
    assert run.step[0] == 0.2 / 8 and (run.step[7:] == 0.2).all()


def test_cosine_is_its_formula(small):
    """From step at k = 0 to floor at k = over; half-way at over/2."""
    run = fn.train(small, fn.Aristotle(fn.Cosine(0.3, 10, floor=0.1)), W0=W0, steps=16)
    k = np.minimum(np.arange(16), 10)
    close(run.step, 0.1 + 0.2 * (1 + np.cos(np.pi * k / 10)) / 2, kind="rounding")
    assert run.step[0] == 0.3 and (run.step[10:] == 0.1).all()
    assert run.step[5] == pytest.approx(0.2)


@pytest.mark.parametrize("over", [1, 7, 10**9])
def test_cosine_to_zero_never_stands_still_on_its_way(over):
    """The last of its steps, at over − 1, is above 0, also where 1 + cos would cancel."""
    last = fn.Cosine(1.0, over).at(over - 1)
    assert last == pytest.approx(np.sin(np.pi / 2 / over) ** 2) and last > 0
    assert fn.Cosine(1.0, over).at(over) == 0


@pytest.mark.parametrize("step", EVERY)
def test_steps_do_not_depend_on_blocks(step, small):
    """The same bits one step at a time, with seldom rows, and with an observable in between."""
    words = dict(W0=W0, batch_size=5, seed=1)
    run = fn.train(small, fn.Aristotle(step), steps=30, **words)
    watched = fn.train(
        small,
        fn.Aristotle(step),
        steps=30,
        record_every=7,
        observe={"k": (4, lambda state: state.iteration)},
        **words,
    )
    np.testing.assert_array_equal(watched.step, run.step)
    np.testing.assert_array_equal(watched.loss, run.loss)
    for k, state in enumerate(fn.states(small, fn.Aristotle(step), steps=30, **words)):
        np.testing.assert_array_equal(state.W, run.parameters[k])
        assert state.time == run.time[k]
    np.testing.assert_array_equal(run.time, np.append(0, np.cumsum(run.step)))
    assert k == 30 and fn.breakdown(run, at=3).step == run.step[3]


# ---- stopped, resumed, made longer --------------------------------------------------------------


def contents(path):
    """Every recorded byte of a finished run."""
    run = fn.Trajectory.open(path)
    assert run.finished
    return {name: [column.tobytes() for column in run.store.read(name)] for name in run.store.names}


@pytest.mark.parametrize("step", EVERY)
def test_a_stopped_run_ends_in_the_same_bits(step, small, tmp_path):
    """Stopped at step 9, resumed to 20, then to 30: as one run of 30."""

    def nervous(state):
        if state.iteration == 9:
            raise KeyboardInterrupt
        return 0.0

    words, calm = dict(W0=W0, batch_size=5, seed=1), {"calm": lambda state: 0.0}
    with pytest.raises(KeyboardInterrupt):
        fn.train(
            small,
            fn.Aristotle(step),
            steps=20,
            store=tmp_path / "a.h5",
            observe={"calm": (3, nervous)},
            **words,
        )
    fn.resume(tmp_path / "a.h5", observe=calm)
    assert fn.resume(tmp_path / "a.h5", observe=calm, steps=30).finished
    fn.train(
        small,
        fn.Aristotle(step),
        steps=30,
        store=tmp_path / "b.h5",
        observe={"calm": (3, calm["calm"])},
        **words,
    )
    a, b = contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5")
    a.pop("observables/calm"), b.pop("observables/calm")  # a last row at 20, too
    assert a == b
    again = fn.Trajectory.open(tmp_path / "a.h5")
    assert str(again.mechanics.policy) == str(policy_of(step))


def test_cosine_is_not_resumed_into_standing_still(small, tmp_path):
    """Longer than `over` with the floor 0: refused, and the file stays as it was."""
    fn.train(small, fn.Aristotle("cosine:0.2:10"), W0=W0, steps=10, store=tmp_path / "a.h5")
    with pytest.raises(FlownetError, match="is 0 after 10 steps, and the run has 11"):
        fn.resume(tmp_path / "a.h5", steps=11)
    assert len(fn.resume(tmp_path / "a.h5").step) == 10


# ---- in words -----------------------------------------------------------------------------------

TEXTS = {
    "linear:0.1": "Linearity(fraction=0.1)",
    "linear:0.1:5": "Linearity(fraction=0.1, most=5)",
    "loss": "LossRate(factor=1)",
    "loss:2": "LossRate(factor=2)",
    "warmup:0.5:1000000": "Warmup(step=0.5, over=1000000)",
    "cosine:0.5:2000": "Cosine(step=0.5, over=2000, floor=0)",
    "cosine:5e-1:2000:0.01": "Cosine(step=0.5, over=2000, floor=0.01)",
    "constant:0.3": "Constant(step=0.3)",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_a_policy_and_back(text):
    policy = policy_of(text)
    assert repr(policy) == TEXTS[text] == repr(policy_of(str(policy)))
    assert repr(fn.Aristotle(text).policy) == repr(fn.Aristotle(policy).policy)


def test_a_text_gives_back_every_bit():
    policy = fn.Linearity(1 / 3, most=2**0.5)
    again = policy_of(str(policy))
    assert (again.fraction, again.most) == (1 / 3, 2**0.5)


def test_mechanics_say_their_step():
    """A number where it is constant, else the policy."""
    for step in (0.3, "constant:0.3", fn.Constant(0.3)):
        assert fn.Aristotle(step).step == 0.3
        assert fn.Aristotle(step).parameters() == {"step": 0.3}
        assert repr(fn.Aristotle(step)) == "Aristotle(step=0.3)"
    assert isinstance(fn.Aristotle("linear:0.1").step, fn.Linearity)
    assert repr(fn.Aristotle(fn.LossRate())) == "Aristotle(step='loss')"


MISTAKES = {
    "a misspelt name": (
        lambda p: fn.Aristotle("liner:0.1"),
        r"unknown step policy 'liner'; did you mean 'linear'\? Known: chain, constant, ",
    ),
    "no numbers": (lambda p: fn.Aristotle("linear"), r"has 0 numbers; .* linear:fraction\[:most\]"),
    "too many numbers": (lambda p: fn.Aristotle("loss:1:2"), r"has 2 numbers; .* loss\[:factor\]"),
    "no number": (
        lambda p: fn.Aristotle("cosine:a:9"),
        r"holds 'a', which is no number; .* cosine:step:over\[:floor\]",
    ),
    "a fraction of 0": (
        lambda p: fn.Aristotle("linear:0"),
        "'linear:0': fraction is 0; it has to be a number above 0",
    ),
    "a most of -1": (lambda p: fn.Aristotle("linear:0.1:-1"), "most is -1; .* above 0"),
    "no number at all": (lambda p: fn.Aristotle("loss:nan"), "factor is nan; .* above 0"),
    "an endless step": (lambda p: fn.Warmup(np.inf, 5), "step is inf; .* above 0"),
    "half an iteration": (lambda p: fn.Warmup(0.1, 2.5), "over is 2.5; .* whole number from 1"),
    "over nothing": (lambda p: fn.Cosine(0.1, 0), "over is 0; .* whole number from 1 up"),
    "a floor above": (lambda p: fn.Cosine(0.1, 5, floor=0.2), "floor is 0.2; .* from 0 to the"),
    "a number in words": (lambda p: fn.Aristotle("0.1"), "step is '0.1', a text; .* no quotes"),
    "a table of two": (lambda p: fn.Aristotle([[0.1]]), r"is \[\[0.1\]\]; .* one number from 0 up"),
    "standing still": (
        lambda p: fn.train(p, fn.Aristotle("cosine:0.1:5"), steps=6),
        "is 0 after 5 steps, and the run has 6: give a floor above 0",
    ),
    "no jet": (
        lambda p: fn.train(HalfJet(), fn.Aristotle("linear:0.1"), W0=[1.0], steps=1),
        r"wants a potential with jet\(W, V, order\) -> c; a HalfJet offers none",
    ),
    "a term subtracted": (
        lambda p: fn.train(p - 0.1 * fn.Parabola(p.size), fn.Aristotle("linear:0.1"), steps=1),
        "subtracts a term, .* name the longest step, 'linear:0.1:MOST'",
    ),
}


class HalfJet:
    """A program without a jet."""

    size = 1

    def value(self, W):
        return float(W[0] ** 2)

    def differential(self, W):
        return self.value(W), 2 * W


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake, small):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(small)


TOML = """
[data]
name = "xor"
[network]
sizes = [2, 4, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = {}
[run]
steps = 6
"""


@pytest.mark.parametrize(
    "step",
    [
        '"linear:0.1"',
        '"loss:0.5"',
        '"warmup:0.5:3"',
        '"cosine:0.5:6"',
        '"constant:0.5"',
        "0.5",
        "1",
    ],
)
def test_experiment_files(step, tmp_path):
    """Load, write, load again; run, and run again from the run's file; draw."""
    path, again = tmp_path / "a.toml", tmp_path / "b.toml"
    path.write_text(TOML.format(step))
    experiment = fn.Experiment.load(path)
    again.write_text(experiment.to_toml())
    assert fn.Experiment.load(again).tables == experiment.tables
    run = experiment.run(tmp_path / "a.h5")
    twice = fn.Experiment.load(run.path).run()
    np.testing.assert_array_equal(twice.parameters[:], run.parameters[:])
    title = fn.plot.loss(run).axes[0].get_title()
    assert title == "xor 2-4-1, step " + step.strip('"').removeprefix("constant:")


@pytest.mark.parametrize(
    "step, line",
    [
        ('"liner:0.1"', r"a.toml: \[mechanics\] step: unknown step policy 'liner'; did you mean"),
        ('"linear:0"', r"a.toml: \[mechanics\] step: step policy 'linear:0': fraction is 0"),
        ("0.0", r"a.toml: \[mechanics\] step is 0.0; it has to be greater than 0"),
        ("true", r"a.toml: \[mechanics\] step is True; it has to be a number"),
        ('"cosine:0.1:5"', r"a.toml: \[mechanics\] step 'cosine:0.1:5' is 0 after 5"),
    ],
)
def test_mistakes_in_a_file(step, line, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(TOML.format(step))
    with told_in_one_line(line):
        fn.Experiment.load(path).run()
