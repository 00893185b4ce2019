"""Schedules: closed forms, runs on the parabola, a stiffness, and mistakes."""

import math

import numpy as np
import pytest
from mistakes import told_in_one_line
from policy_case import W0
from tolerance import close

import flownet as fn
from flownet.motion.mechanics import policy_of


def steps_of(policy, count):
    return policy_of(policy).steps(0, count)


# ---- closed forms -------------------------------------------------------------------------------

k = np.arange(12.0)
FORMS = {
    "exponential": (fn.Exponential(0.5, 0.9), 0.5 * 0.9**k),
    "exponential over": (
        fn.Exponential(0.5, 0.1, over=5, floor=0.01),
        np.maximum(0.01, 0.5 * 0.1 ** (k / 5)),
    ),
    "line": (fn.Polynomial(0.5, 12), 0.5 * (1 - k / 12)),
    "polynomial": (
        fn.Polynomial(0.5, 8, 2.0, floor=0.1),
        0.1 + 0.4 * np.maximum(0, 1 - k / 8) ** 2,
    ),
    "piecewise": (fn.Piecewise([0.5, 0.2, 0.1], at=[3, 9]), [0.5] * 3 + [0.2] * 6 + [0.1] * 3),
    "array": (0.3 + 0.01 * k, 0.3 + 0.01 * k),
    "list": (list(0.3 + 0.01 * k), 0.3 + 0.01 * k),
    "function": (lambda k: 0.5 / (1 + k), 0.5 / (1 + k)),
    "warm-up, then cosine": (
        fn.Warmup(0.5, 4).then(fn.Cosine(0.5, 8)),
        np.concatenate([0.5 * np.arange(1, 5) / 4, 0.25 * (1 + np.cos(np.pi * np.arange(8) / 8))]),
    ),
    "three in a row": (
        fn.Warmup(0.5, 4).then(0.5, at=4).then("exponential:0.5:0.5", at=8),
        [0.125, 0.25, 0.375, 0.5] + [0.5] * 4 + [0.5, 0.25, 0.125, 0.0625],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_schedule_is_its_closed_form(name):
    policy, expected = FORMS[name]
    close(steps_of(policy, 12), np.array(expected), kind="rounding")


@pytest.mark.parametrize("over, rise", [(100, 0.3), (37, 0.5), (10, 0.05)])
def test_one_cycle_is_pytorchs(over, rise):
    """OneCycleLR(max_lr=0.5, total_steps=over, pct_start=rise), written from its documentation."""
    found = steps_of(fn.OneCycle(0.5, over, rise), over)
    first, least = 0.5 / 25, 0.5 / 25 / 1e4
    top = rise * over - 1
    for k, step in enumerate(found):
        if k <= top:
            low, high, share = first, 0.5, k / top if top else 1.0
        else:
            low, high, share = 0.5, least, (k - top) / (over - 1 - top)
        close(step, high + (low - high) / 2 * (math.cos(math.pi * share) + 1), kind="rounding")
    assert steps_of(fn.OneCycle(0.5, over, rise), over + 5)[-1] == found[-1] > 0


def test_a_chain_of_policies_that_read_the_loss(small):
    """Steps of 0.1 at first, then a tenth of second order over first, then 0.5·L."""
    chain = fn.Constant(0.1).then("linear:0.1", at=3).then("loss:0.5", at=6)
    run = fn.train(small, fn.Aristotle(chain), W0=W0, steps=9)
    assert (run.step[:3] == 0.1).all()
    close(fn.breakdown(run, every=1).ratio[3:6], np.full(3, 0.1))
    close(run.step[6:], 0.5 * run.loss[6:9])


# ---- runs on the parabola -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_descent_of_a_parabola_under_a_schedule(name):
    """W_k = W_0·Π(1 − h_i), t_k = Σh_i."""
    policy, steps = FORMS[name]
    run = fn.train(fn.Parabola(2), fn.Aristotle(policy), W0=[1.0, -3.0], steps=12)
    path = np.cumprod([1.0, *(1 - np.array(steps))])
    close(run.parameters[:], np.outer(path, [1.0, -3.0]))
    close(run.step, np.array(steps), kind="rounding")
    close(run.time, np.cumsum([0.0, *steps]))


def test_a_schedule_of_the_time():
    """h = 0.5/(1 + t), asked with the time before each step, a block ahead."""
    asked = []

    def step(t):
        asked.append(t)
        return 0.5 / (1 + t)

    run = fn.train(fn.Parabola(1), fn.Adam(fn.Schedule(step, "time")), W0=[1.0], steps=500)
    np.testing.assert_array_equal(run.step, 0.5 / (1 + run.time[:-1]))
    assert sorted(set(asked)) == run.time[:-1].tolist()


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("mechanics", [fn.Aristotle, fn.Adam, fn.Nesterov])
def test_a_schedule_of_the_state(mechanics, batch_size, small):
    """The loss of the step's own batch, times a number."""
    schedule = fn.Schedule(lambda state: 0.1 * state.loss, "state")
    run = fn.train(small, mechanics(schedule), W0=W0, steps=20, batch_size=batch_size)
    close(run.step, 0.1 * run.loss[:-1])
    if mechanics is fn.Aristotle:
        same = fn.train(small, fn.Aristotle("loss:0.1"), W0=W0, steps=20, batch_size=batch_size)
        close(run.parameters[:], same.parameters[:])


def test_momentum_under_a_schedule_is_pytorchs():
    """v ← βv − dL, W ← W + lr_k·v, on a parabola; with one lr the steps of `from_momentum`."""
    steps = 0.1 / (1 + np.arange(30.0))
    run = fn.train(fn.Parabola(1), fn.Newton.from_momentum(steps, 0.9), W0=[1.0], steps=30)
    W, v, path = 1.0, 0.0, [1.0]
    for h in steps:
        v = 0.9 * v - W
        W += h * v
        path.append(W)
    close(run.parameters[:, 0], np.array(path))
    runs = [
        fn.train(fn.Parabola(1), fn.Newton.from_momentum(lr, 0.9), W0=[1.0], steps=30)
        for lr in (0.1, np.full(30, 0.1))
    ]
    close(runs[1].parameters[:], runs[0].parameters[:])


def test_a_share_of_the_velocity_has_the_energy_and_the_flow_of_its_mass():
    mechanics, same = fn.Newton(0.1, momentum=0.9), fn.Nesterov(0.1, 0.9).rate().numbers
    assert (mechanics.mass, mechanics.friction) == (same.mass, same.friction)
    flows = [
        fn.flow(fn.Parabola(1), W0=[1.0], time=3.0, mechanics=m, at=[1.0, 3.0]).parameters[:]
        for m in (mechanics, fn.Newton(0.1, same.mass, same.friction))
    ]
    np.testing.assert_array_equal(*flows)


# ---- a stiffness ---------------------------------------------------------------------------------


def test_a_stiffness_follows_its_schedule(small, tmp_path):
    """Each step in the metric of its time, stored and taken up; the flow of it, too."""
    schedules = [fn.Exponential(8.0, 0.5, floor=1.0), np.inf, fn.Warmup(2.0, 3)]
    metric, path = fn.ScheduledMetric(small.network, schedules), tmp_path / "run.h5"
    run = fn.train(small, fn.Aristotle(0.25), W0=W0, steps=12, metric=metric, store=path)
    W = np.array(W0)
    for k in range(12):
        t = 0.25 * k
        own = [max(1.0, 8 * 0.5**t), np.inf, 2 * min(1.0, (t + 1) / 3)]
        W = W - 0.25 * fn.LayerMetric(small.network, own).sharp(small.differential(W)[1])
        close(run.parameters[k + 1], W)
    read = fn.Trajectory.open(path)
    assert repr(read.metric) == repr(metric)
    close(fn.breakdown(read, at=6).linear, fn.breakdown(run, at=6).linear)
    longer = fn.resume(path, steps=20)
    whole = fn.train(small, fn.Aristotle(0.25), W0=W0, steps=20, metric=metric)
    np.testing.assert_array_equal(longer.parameters[:], whole.parameters[:])
    ends = [fn.flow(small, W0=W0, time=3.0, metric=g).parameters[-1] for g in (metric, metric.at)]
    close(ends[0], ends[1])


def test_a_parabola_whose_stiffness_falls():
    """Ẇ = −W/s with s = 4·2^(−t): W = e^{−(2^t − 1)/(4 ln 2)}, by short steps."""
    net = fn.Network([1, 1], bias=False)
    data = fn.Dataset(np.ones((1, 1)), np.zeros((1, 1)))
    potential = fn.Potential(net, fn.Quadratic(), data)
    metric = fn.ScheduledMetric(net, ["exponential:4:0.5"])
    flow = fn.flow(potential, W0=[1.0], time=2.0, metric=metric)
    close(flow.parameters[-1], [np.exp(-3 / (4 * np.log(2)))], kind="solver", scale=1e3)


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "no function": (lambda: fn.Schedule(0.1), "0.1 is no function"),
    "of what": (lambda: fn.Schedule(math.sqrt, "loss"), "'iteration', the 'time' or the 'state'"),
    "nothing": (lambda: run_with(lambda k: None), "gave None at iteration 0; a number from 0 up"),
    "nan": (lambda: run_with(lambda k: math.nan), "gave nan at iteration 0"),
    "below 0": (lambda: run_with(lambda k: -0.1), "gave -0.1 at iteration 0"),
    "too short": (lambda: run_with([0.1, 0.1]), "the array of steps holds 2, and the run takes 3"),
    "an array of words": (lambda: fn.Tabulated(["a"]), "one number from 0 up for each iteration"),
    "a falling chain": (
        lambda: run_with(fn.Warmup(0.1, 1).then(fn.Cosine(0.1, 1))),
        "is 0 after 1 steps, and the run has 2",
    ),
    "no end": (lambda: fn.Constant(0.1).then(0.2), "has no end of its own: say where"),
    "as many steps as changes": (lambda: fn.Piecewise([0.1], at=[3]), "1 steps and 1 changes"),
    "changes that fall": (lambda: fn.Piecewise([0.1] * 3, at=[3, 2]), "the iterations have to asc"),
    "growth": (lambda: fn.Exponential(0.1, 1.1), "factor is 1.1; .* up to 1"),
    "a table of another": (
        lambda: fn.Aristotle({"kind": "warmup", "step": 0.1, "ower": 3}),
        "takes no ower; it takes step, over",
    ),
    "a short table": (lambda: fn.Aristotle({"kind": "warmup", "step": 0.1}), "wants the key over"),
    "a table as text": (lambda: fn.Aristotle("piecewise:1"), "is no text: a piecewise is a table"),
    "a temperature of the loss": (lambda: fn.Langevin(0.1, "loss"), "temperature is 'loss', which"),
    "a temperature below 0": (lambda: fn.Langevin(0.1, -1.0), "temperature is -1.0; .* or a sched"),
    "a stiffness of the loss": (
        lambda: fn.ScheduledMetric(fn.Network([2, 1]), ["loss"]),
        "stiffness is 'loss', which is read off the loss",
    ),
    "a stiffness too few": (
        lambda: fn.ScheduledMetric(fn.Network([2, 3, 1]), [1.0]),
        r"stiffness is \[1.0\]; it has to be 2 numbers or schedules",
    ),
    "both": (lambda: fn.Newton(0.1, mass=2.0, momentum=0.9), "mass is 2.0 beside momentum=0.9"),
}


def run_with(step):
    return fn.train(fn.Parabola(1), fn.Aristotle(step), W0=[1.0], steps=3)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(name):
    mistake, words = MISTAKES[name]
    with told_in_one_line(words):
        mistake()
