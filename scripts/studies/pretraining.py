"""Pretraining with few labels: frozen, stiff or free, on held-out digits (TM §2.1, after Hinton).

Three hidden layers are learnt one by one, as autoencoders of 1000 unlabelled digits
(`fn.pretrain`), and a network begun there is trained on 10 to 500 labels with the pretrained layers
frozen (stiffness inf), stiff (100: they move a hundredth as fast) or free (1), beside one that was
not pretrained. All arms get the same labels, the same number of steps of momentum 0.9, and the best
of the same seven step sizes: the one whose mean over the seeds is best on 297 other digits, for
accuracy and for loss apart. Told is what the other 500 digits say, held out from all of it.
Stiffness divides forces: Adam, which divides a force by its own size, would undo it.

Found, with 10 seeds. Sigmoid: with 10 labels pretraining gains 15 points of accuracy if its layers
are held, frozen or stiff, and 12 if they are free; initial weights four times as large gain 7.5
without it, and from 100 labels up as much as free pretrained layers. Held is better than free up to
20 labels (by 3.5 points or more), free better than frozen from 200 up (by 2.3 or more); stiff is
within half a point of the best everywhere. Tanh: the same pretraining gains 1.6 points at most, and
frozen layers lose 5.9 with 10 labels.

Writes one figure, and prints a table for each network: a row for each arm, with paired differences
over the seeds; `random, frozen` has hidden layers that learnt nothing at all. Two to three minutes.
"""

from itertools import count
from typing import NamedTuple

import numpy as np
from command import command
from pretraining_figure import CLASSES, draw, path_table, table

import flownet as fn
from flownet import _progress

HIDDEN = (64, 48, 32)
STEPS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
PER_CLASS = (1, 2, 5, 10, 20, 50)
LENGTHS_AT = 5  # labels per class for which the paths are measured


class Arm(NamedTuple):
    """Whether hidden layers are pretrained, their stiffness, the scale of weights if not."""

    pretrained: bool
    stiffness: float
    scale: float = 1.0


ARMS = {
    "no pretraining": Arm(False, 1.0),
    "frozen": Arm(True, np.inf),
    "stiff (100)": Arm(True, 100.0),
    "free": Arm(True, 1.0),
    "no pretraining, init × 4": Arm(False, 1.0, 4.0),
    "random, frozen": Arm(False, np.inf),
}


class Parts(NamedTuple):
    """Digits without labels, digits to choose by, digits held out."""

    unlabelled: fn.Dataset
    validation: fn.Dataset
    held_out: fn.Dataset


class Budget(NamedTuple):
    """Seeds, labels per class, steps of each autoencoder and of each training."""

    seeds: int = 10
    per_class: tuple = PER_CLASS
    pretraining: int = 3000
    training: int = 500

    @property
    def runs(self):
        """Runs of a study, the autoencoders of a seed counted as one."""
        return self.seeds * (1 + len(ARMS) * (1 + len(self.per_class) * len(STEPS)))


def parts():
    """The same three parts of the digits every time."""
    digits = fn.data.load("digits")
    order = np.random.default_rng(0).permutation(digits.m)
    return Parts(*(digits.take(rows) for rows in np.split(order, [1000, 1297])))


def few(data, per_class, seed):
    """As many samples of each class, drawn by the seed."""
    random = np.random.default_rng([seed, per_class])
    return data.take(
        np.concatenate(
            [
                random.choice(np.flatnonzero(data.labels == c), per_class, replace=False)
                for c in np.unique(data.labels)
            ]
        )
    )


def pretrained(network, digits, budget, seed):
    """All hidden layers learnt from the unlabelled digits."""
    return fn.pretrain(
        network,
        digits.unlabelled,
        fn.Adam(1e-3),
        steps=budget.pretraining,
        batch_size=100,
        seed=seed,
        threads=1,
        progress=False,
    )


def looks(network, digits, steps):
    """Accuracy and loss at both ends of a run, on the two parts with labels of their own."""
    found = {}
    for part in ("validation", "held_out"):
        potential = fn.Potential(network, fn.CrossEntropy(), getattr(digits, part))
        found |= {
            f"{part}.accuracy": (steps, fn.Accuracy(potential)),
            f"{part}.loss": (steps, potential),
        }
    return found


def tuned(network, arm, labelled, W0, step, steps, record_every=None, observe=None):
    """Training on labels, the hidden layers as stiff as the arm says, the readout free."""
    stiffness = [arm.stiffness] * (network.layers - 1) + [1.0]
    return fn.train(
        fn.Potential(network, fn.CrossEntropy(), labelled),
        fn.Newton.from_momentum(step, 0.9),
        steps=steps,
        W0=W0,
        observe=observe,
        metric=fn.LayerMetric(network, stiffness),
        record_every=record_every or steps,
        threads=1,
        progress=False,
    )


def told(run):
    """Accuracy and loss, on the validation part and held out (2, 2); the worst if it diverged."""
    if run.diverged_at is not None:
        return np.array([[0.0, np.inf]] * 2)
    return np.array(
        [
            [run.observables[f"{part}.{name}"].value[-1] for name in ("accuracy", "loss")]
            for part in ("validation", "held_out")
        ]
    )


class Result(NamedTuple):
    """Held-out accuracies and losses (seeds,), each at the step chosen for it."""

    accuracy: np.ndarray
    loss: np.ndarray
    steps: tuple


def chosen(found):
    """The held-out values at the step best in the mean on the validation part.

    `found` (steps, seeds, 2, 2): validation and held out, accuracy and loss.
    """
    mean = found[:, :, 0].mean(axis=1)
    best = int(mean[:, 0].argmax()), int(mean[:, 1].argmin())
    return Result(found[best[0], :, 1, 0], found[best[1], :, 1, 1], tuple(STEPS[i] for i in best))


def lengths(network, run):
    """Length of each layer's path in the plain metric, Σ_k ‖ΔW_k‖ (layers,)."""
    moves = np.diff(np.asarray(run.parameters[:], np.float64), axis=0)
    return np.array(
        [np.linalg.norm(moves[:, begin:end], axis=1).sum() for begin, end in network.ranges]
    )


class Study(NamedTuple):
    """What one network gave: the last seed's pretraining, results {(per class, arm)}, and the
    lengths {arm: (seeds, layers)} of paths."""

    network: fn.Network
    learnt: fn.Pretraining
    results: dict
    lengths: dict


def study(network, digits, budget, done=lambda: None):
    """All arms, numbers of labels, seeds and steps; then the paths at one number of labels."""
    observe, learnt = looks(network, digits, budget.training), []
    results, paths = {}, {}
    for seed in range(budget.seeds):
        learnt.append(pretrained(network, digits, budget, seed))
        done()

    def run(arm, n, seed, step, **options):
        done()
        W0 = learnt[seed].W0 if arm.pretrained else network.init(seed, scale=arm.scale)
        return tuned(
            network, arm, few(digits.unlabelled, n, seed), W0, step, budget.training, **options
        )

    for n in budget.per_class:
        for name, arm in ARMS.items():
            results[n, name] = chosen(
                np.array(
                    [
                        [
                            told(run(arm, n, seed, step, observe=observe))
                            for seed in range(budget.seeds)
                        ]
                        for step in STEPS
                    ]
                )
            )
    for name, arm in ARMS.items():
        step = results[LENGTHS_AT, name].steps[0]
        paths[name] = np.array(
            [
                lengths(network, run(arm, LENGTHS_AT, seed, step, record_every=1))
                for seed in range(budget.seeds)
            ]
        )
    return Study(network, learnt[-1], results, paths)


def main(output, budget):
    """Both networks, a table for each, one figure."""
    networks = [
        fn.Network([64, *HIDDEN, 10], activation, dtype="float32")
        for activation in ("sigmoid", "tanh")
    ]
    counted = count(1)
    with _progress.bar(len(networks) * budget.runs, what="runs") as show:
        studies = [
            study(network, parts(), budget, lambda: show(next(counted))) for network in networks
        ]
    for each in studies:
        print(
            each.learnt, table(each), path_table(each, CLASSES * LENGTHS_AT), sep="\n\n", end="\n\n"
        )
    draw(studies, LENGTHS_AT).savefig(output)
    print(f"figure in {output}")


if __name__ == "__main__":
    arguments = command(__file__, __doc__)
    arguments.add_argument("--seeds", type=int, default=Budget().seeds, help="default: %(default)s")
    given = arguments.parse_args()
    main(given.output, Budget(seeds=given.seeds))
