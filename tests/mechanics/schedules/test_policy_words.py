"""Step policies in words: texts, experiment files, and mistakes told in one line."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.motion.mechanics import policy_of

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
