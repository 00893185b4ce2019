"""Classes of a user's own, derived from the library's: they run, and files do not mistake them."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.motion.mechanics import StepPolicy
from flownet.testing import check_metric, check_policy

STEPS = 9


class Half(fn.Warmup):
    def at(self, iteration):
        return 0.5 * super().at(iteration)


class Shrinking(StepPolicy):
    def at(self, iteration):
        return 0.1 / (iteration + 1)


class Growing(fn.LossRate):
    """Its `steps` would be those of the class above."""

    def at(self, iteration):
        return 0.1 * (iteration + 1)


class Chosen(fn.LossRate):
    """Its `choose` would never be asked."""

    def choose(self, iteration, potential, W, V, loss):
        return 0.01 * (iteration + 1)


class Calm(fn.Adam):
    """Its numbers are not those of the class above."""

    def __init__(self):
        super().__init__(0.01, memory1=0.5)


class Twice(fn.LayerMetric):
    """Kernels would see the stiffness alone."""

    def sharp(self, dL):
        return 2 * super().sharp(dL)

    def flat(self, V):
        return super().flat(V) / 2

    @property
    def own(self):
        return super().own / 2

    def coordinates(self, V):
        return super().coordinates(V) / np.sqrt(2)

    def displacement(self, x):
        return np.sqrt(2) * super().displacement(x)


class Doubled(fn.Potential):
    """Kernels would see the network alone."""

    def value(self, W):
        return 2 * super().value(W)

    def differential(self, W, *, lowest=0):
        loss, dL = super().differential(W, lowest=lowest)
        return 2 * loss, 2 * dL


class Steep(fn.Parabola):
    """Kernels would see the strength alone."""

    def value(self, W):
        return self.differential(W)[0]

    def differential(self, W, *, lowest=0):
        loss, dL = super().differential(W)
        return 2 * loss, 2 * dL


class Halved(fn.Quadratic):
    def compiled(self, y, dtype):
        loss, y, _ = super().compiled(y, dtype)
        return loss, y, np.full(len(y), 0.5, dtype)


class Named(fn.Sharpness):
    pass


NETWORK, XOR = fn.Network([2, 3, 1]), fn.data.load("xor")
POTENTIAL = fn.Potential(NETWORK, fn.Quadratic(), XOR)
PLAIN = {"potential": POTENTIAL, "mechanics": fn.Aristotle(0.1)}
OWN = {
    "policy": ("mechanics", fn.Aristotle(Half(0.3, 5)), lambda k: min(0.3, 0.06 * (k + 1)) / 2),
    "policy of its own": ("mechanics", fn.Aristotle(Shrinking()), lambda k: 0.1 / (k + 1)),
    "policy of at": ("mechanics", fn.Aristotle(Growing()), None),
    "policy of choose": ("mechanics", fn.Aristotle(Chosen()), lambda k: 0.01 * (k + 1)),
    "mechanics": ("mechanics", Calm(), lambda k: 0.01),
    "metric": ("metric", Twice(NETWORK, [1.0, 1.0]), None),
    "potential": ("potential", Doubled(NETWORK, fn.Quadratic(), XOR), None),
    "loss": ("potential", fn.Potential(NETWORK, Halved(), XOR), None),
    "term": ("potential", POTENTIAL + Steep(NETWORK.size), None),
    "observable": ("observe", {"own": (2, Named(POTENTIAL))}, None),
}


def trained(steps=STEPS, **words):
    words = {**PLAIN, **words}
    W0 = NETWORK.init(seed=0)
    return fn.train(words.pop("potential"), words.pop("mechanics"), W0=W0, steps=steps, **words)


@pytest.mark.parametrize("part, own, steps", OWN.values(), ids=OWN)
def test_what_no_file_can_say_is_asked_for(part, own, steps, tmp_path):
    trained(5, **{part: own}, store=tmp_path / "run.h5")
    with told_in_one_line(f"{part}=|set run.{part}"):
        fn.resume(tmp_path / "run.h5", steps=STEPS)
    again = {"own": own["own"][1]} if part == "observe" else own
    longer = fn.resume(tmp_path / "run.h5", steps=STEPS, **{part: again})
    truth = trained(**{part: own})
    assert np.array_equal(longer.parameters[:], truth.parameters[:])
    if steps is not None:
        assert np.allclose(truth.step, [steps(k) for k in range(STEPS)], rtol=1e-15)


@pytest.mark.parametrize("part, factor", [("metric", 2.0), ("potential", 2.0), ("loss", 0.5)])
def test_what_a_class_says_anew_is_what_moves_the_run(part, factor):
    name, own, _ = OWN[part]
    moved = np.diff(trained(1, **{name: own}).parameters[:], axis=0)[0]
    expected = factor * np.diff(trained(1).parameters[:], axis=0)[0]
    assert np.allclose(moved, expected, rtol=0, atol=4e-16)


def test_a_formula_said_anew_is_what_moves_the_run():
    run = fn.train(Steep(2), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=1)
    assert np.allclose(run.parameters[-1], [0.8, 1.6], rtol=1e-15)


def test_steps_that_are_read_off_the_loss_are_those_of_the_class():
    run = trained(mechanics=fn.Aristotle(Growing()))
    assert np.allclose(run.step, 0.1 * np.arange(1, STEPS + 1) * run.loss[:-1], rtol=1e-15)


def test_own_classes_keep_their_contracts():
    for policy in (Half(0.3, 5), Shrinking(), Chosen()):
        check_policy(policy)
    check_metric(Twice(NETWORK, [1.0, 2.0]), POTENTIAL)


def test_a_batch_of_a_class_that_would_be_lost_is_refused():
    with told_in_one_line(r"on\(\) of a Doubled gives a Potential.*define on\(\) there too"):
        trained(potential=Doubled(NETWORK, fn.Quadratic(), XOR), batch_size=2)


def test_a_constant_that_is_none_is_refused():
    class Jumping(fn.Constant):
        def at(self, iteration):
            return 1.0

    with told_in_one_line("derived from Constant"):
        fn.Aristotle(Jumping(0.1))


def test_what_the_file_says_itself_is_not_given_again(tmp_path):
    trained(2, store=tmp_path / "run.h5")
    with told_in_one_line("says its mechanics itself, aristotle mechanics"):
        fn.resume(tmp_path / "run.h5", steps=STEPS, mechanics=fn.Aristotle(0.1))


def test_a_flow_of_own_mechanics_is_asked_for(tmp_path):
    class Heavy(fn.Newton):
        pass

    path = tmp_path / "flow.h5"
    fn.flow(POTENTIAL, W0=NETWORK.init(0), time=1.0, mechanics=Heavy(0.1), store=path)
    with told_in_one_line("set run.mechanics. It was Heavy"):
        print(fn.Trajectory.open(path).mechanics)
