"""Networks as scikit-learn's estimators: its own checks, and that the physics is flownet's."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from flownet.sklearn import FlowClassifier, FlowRegressor

X, LABEL = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
WORDS = np.array(["setosa", "versicolor", "virginica"])[LABEL]
VALUES = np.stack([np.sin(X[:, 0]), 5 + 3 * X[:, 1] * X[:, 2]], axis=1)


def refused(line, call, *args, **options):
    with told_in_one_line(line):
        call(*args, **options)


@pytest.mark.filterwarnings("ignore")  # what some checks are after
@pytest.mark.parametrize("estimator", [FlowClassifier, FlowRegressor])
def test_every_check_of_scikit_learn_passes(estimator):
    found = check_estimator(estimator(), on_fail=None, on_skip=None)
    status = {(check["check_name"], check["status"]): check["exception"] for check in found}
    assert len(found) > 50
    assert {c: e for c, e in status.items() if c[1] not in ("passed", "skipped")} == {}
    # which is of array libraries, and wants a setting of scipy's
    assert {name for name, s in status if s == "skipped"} <= {"check_array_api_input"}


# ---- the physics is flownet's ------------------------------------------------------------------


@pytest.mark.parametrize(
    "mechanics", [fn.Adam(0.01), fn.Newton(0.1), fn.Aristotle("cosine:0.1:60")]
)
def test_fit_is_a_run(mechanics):
    """The bits of `flownet.train`, and the mean loss of each epoch's samples."""
    m = FlowClassifier([5], mechanics=mechanics, batch_size=32, epochs=12, tol=-1, random_state=3,
                       record_every=1).fit(X, WORDS)  # fmt: skip
    run = m.run_
    assert m.n_steps_ == 60 == len(run.loss) - 1 and m.n_iter_ == 12 and run.path is None
    np.testing.assert_array_equal(run.parameters[-1], m.W_)
    weights = np.tile([32, 32, 32, 32, 22], (12, 1))
    losses = run.loss[:-1].reshape(12, 5)
    np.testing.assert_allclose(m.loss_curve_, np.average(losses, 1, weights), rtol=1e-14)
    assert m.loss_ == m.potential_.value(m.W_) == run.loss[-1]
    terms = fn.breakdown(m.potential_, m.W_, 0.1)
    close(terms.actual, m.potential_.value(m.W_ - 0.1 * m.potential_.differential(m.W_)[1])
          - m.loss_, scale=m.loss_)  # fmt: skip
    assert m.potential_.data.classes.tolist() == m.classes_.tolist() == sorted(set(WORDS))


def test_partial_fit_remembers():
    """Passes over the full batch are the steps of one run, velocities and counters kept."""
    m = FlowRegressor([4], step=0.01, random_state=3)
    for _ in range(7):
        m.partial_fit(X, VALUES)
    run = fn.train(m.potential_, fn.Adam(0.01), W0=m.network_.init(m._seed), steps=7)
    np.testing.assert_array_equal(m.W_, run.parameters[-1])
    assert m.loss_curve_ == pytest.approx(run.loss[:-1], rel=1e-14) and m.n_iter_ == 7


def test_partial_fit_sees_every_sample_once():
    """Batches of a pass: the mean over samples of the losses, in steps of 64, 64 and 22."""
    m = FlowClassifier([4], batch_size=64, random_state=1, mechanics="aristotle", step=1e-12)
    m.partial_fit(X, WORDS, classes=[*sorted(set(WORDS)), "zebra"])
    assert m.n_steps_ == 3 and m.predict_proba(X).shape == (150, 4)
    assert m.loss_curve_[0] == pytest.approx(m.potential_.value(m.W_), rel=1e-9)
    m.partial_fit(X[:9], WORDS[:9])
    assert m.n_steps_ == 4


def test_partial_fit_goes_on_after_fit():
    m = FlowRegressor([4], step=0.01, random_state=3, epochs=5).fit(X, VALUES)
    m.partial_fit(X, VALUES)
    whole = FlowRegressor([4], step=0.01, random_state=3, epochs=6).fit(X, VALUES)
    np.testing.assert_array_equal(m.W_, whole.W_)


def test_warm_start_goes_on_from_the_parameters():
    m = FlowClassifier([4], random_state=0, epochs=5, warm_start=True).fit(X, WORDS)
    W = m.W_.copy()
    m.set_params(record_every=1).fit(X, WORDS)
    np.testing.assert_array_equal(m.run_.parameters[0], W)
    assert len(m.loss_curve_) == 10 and m.n_iter_ == 5
    m.set_params(hidden_layer_sizes=[5])
    refused("warm_start goes on with Network 4-4-3", m.fit, X, WORDS)
    cold = FlowClassifier([4], random_state=0, epochs=5).fit(X, WORDS)
    np.testing.assert_array_equal(cold.fit(X, WORDS).W_, W)


def test_early_stopping_keeps_the_best_state():
    m = FlowClassifier([30], early_stopping=True, validation_fraction=30, patience=4, step=0.05,
                       random_state=2).fit(X, WORDS)  # fmt: skip
    scores = m.validation_scores_
    assert m.potential_.data.m == 120
    assert np.bincount(m.potential_.data.labels).tolist() == [40, 40, 40]
    assert len(scores) == m.n_iter_ < 200 and max(scores) == m.best_validation_score_
    best = scores.index(max(scores))
    assert all(score <= scores[best] + m.tol for score in scores[-4:])
    again = FlowClassifier([30], early_stopping=True, validation_fraction=30, step=0.05,
                           random_state=2, epochs=best + 1).fit(X, WORDS)  # fmt: skip
    np.testing.assert_array_equal(m.W_, again.W_)


def test_training_stops_when_its_loss_no_longer_falls():
    m = FlowRegressor([4], mechanics=fn.Aristotle(1e-9), patience=3, random_state=0)
    assert m.fit(X, VALUES).n_iter_ == 4
    steps = FlowRegressor([4], steps=17, batch_size=40, tol=-1, random_state=0).fit(X, VALUES)
    assert steps.n_steps_ == 17


def test_the_parabola_is_a_term_of_the_potential():
    m = FlowRegressor([4], parabola=0.1, epochs=3, random_state=0, batch_size=64).fit(X, VALUES)
    bare = fn.Potential(m.network_, fn.Quadratic(), m.potential_.data)
    assert m.loss_ == pytest.approx(bare.value(m.W_) + 0.05 * m.W_ @ m.W_, rel=1e-14)


# ---- samples, classes, targets -----------------------------------------------------------------


def test_weights_are_those_of_the_samples_and_of_their_classes():
    by_class = np.where(LABEL == 1, 3.0, 1.0)
    words = {"epochs": 8, "batch_size": 50, "random_state": 1}
    weighted = FlowClassifier([4], **words).fit(X, LABEL, sample_weight=7 * by_class)
    named = FlowClassifier([4], class_weight={1: 3.0}, **words).fit(X, LABEL)
    np.testing.assert_allclose(weighted.W_, named.W_, rtol=1e-9)
    gamma = named.potential_.loss.sample_metric
    np.testing.assert_allclose(gamma, by_class / by_class.mean(), rtol=1e-14)
    some = np.arange(150) % 3 > 0
    without = FlowClassifier([4], **words).fit(X[some], LABEL[some])
    zeros = FlowClassifier([4], **words).fit(X, LABEL, sample_weight=some)
    np.testing.assert_array_equal(zeros.W_, without.W_)
    refused(
        "of all samples are 0",
        FlowClassifier(class_weight=dict.fromkeys(range(3), 0)).fit,
        X,
        LABEL,
    )


def test_probabilities_are_boltzmanns():
    m = FlowClassifier([4], epochs=20, random_state=0).fit(X, WORDS)
    y_hat = m.network_.forward(m.W_, X)
    p = m.predict_proba(X)
    np.testing.assert_allclose(p, np.exp(y_hat) / np.exp(y_hat).sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(m.predict(X), m.classes_[p.argmax(axis=1)])
    big = fn.CrossEntropy(temperature=2.0).p_hat([[2000.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(big, [[1, 0], [1 / (1 + np.e), np.e / (1 + np.e)]])


def test_targets_are_scaled_within():
    m = FlowRegressor([20], step=0.01, random_state=0).fit(X, VALUES)
    y = m.potential_.data.y
    np.testing.assert_allclose(y, (VALUES - VALUES.mean(0)) / VALUES.std(0), atol=1e-13)
    assert m.predict(X).shape == (150, 2) and m.score(X, VALUES) > 0.9
    close(m.predict(X), m.y_mean_ + m.y_scale_ * m.network_.forward(m.W_, X))
    one = FlowRegressor([20], scale_y=False, epochs=2, random_state=0).fit(X, VALUES[:, 1])
    np.testing.assert_array_equal(one.potential_.data.y[:, 0], VALUES[:, 1])
    assert one.predict(X).shape == (150,)


def test_single_precision():
    m = FlowClassifier([4], dtype="float32", epochs=50, random_state=0).fit(X, WORDS)
    assert m.W_.dtype == m.predict_proba(X).dtype == np.float32 and m.score(X, WORDS) > 0.8


# ---- scikit-learn's own ways -------------------------------------------------------------------


def test_pipeline_and_grid_search():
    pipe = make_pipeline(StandardScaler(), FlowClassifier([6], epochs=15, random_state=0))
    grid = {
        "flowclassifier__mechanics": ["adam", fn.Nesterov(0.1, 0.9)],
        "flowclassifier__activation": ["tanh", "relu"],
    }
    search = GridSearchCV(pipe, grid, cv=3).fit(load_iris().data, WORDS)
    assert search.best_score_ > 0.85 and search.best_estimator_.predict(X).dtype.kind == "U"


def test_clone_and_pickle():
    m = FlowRegressor([4], mechanics=fn.Adam("cosine:0.01:50"), epochs=20, random_state=0)
    m.fit(X, VALUES)
    assert repr(clone(m)) == repr(m) and not hasattr(clone(m), "W_")
    np.testing.assert_array_equal(clone(m).fit(X, VALUES).W_, m.W_)
    kept = pickle.dumps(m)
    again = pickle.loads(kept)
    assert len(kept) < 100_000  # no buffers
    np.testing.assert_array_equal(again.predict(X), m.predict(X))
    assert again.potential_.value(again.W_) == m.loss_
    np.testing.assert_array_equal(again.partial_fit(X, VALUES).W_, m.partial_fit(X, VALUES).W_)


def test_frames_are_told_by_their_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    m = FlowClassifier([4], epochs=5, random_state=0).fit(frame, pandas.Series(WORDS))
    assert m.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        m.predict(frame[list("dcba")])


def test_mistakes():
    fit = lambda **words: FlowClassifier([4], **words).fit(X, LABEL)  # noqa: E731
    refused("unknown mechanics 'adem'; did you mean 'adam'", fit, mechanics="adem")
    for name, made in {"langevin": "Langevin", "sam": "SAM", "runge-kutta": "RungeKutta"}.items():
        refused(f"not made of a step alone: give flownet.{made}", fit, mechanics=name, step=0.1)
    refused("has a step of its own: leave step out", fit, mechanics=fn.Adam(0.1), step=0.2)
    refused("mechanics is 3", fit, mechanics=3)
    refused("batch_size is 'all'", fit, batch_size="all")
    refused("epochs is 0; it has to be a whole number from 1 up", fit, epochs=0)
    refused("unknown activation 'swish'", fit, activation="swish")
    refused("test_size is 2.5", fit, early_stopping=True, validation_fraction=2.5)
    refused("training diverges at step .*: take a shorter step", FlowRegressor(
        [4], mechanics="aristotle", step=1e6, scale_y=False).fit, X, 1e3 * VALUES)  # fmt: skip
    refused("one class, 1: a classifier wants two", FlowClassifier().fit, X, np.ones(150, int))
    refused("the first partial_fit wants classes=", FlowClassifier().partial_fit, X, LABEL)
    m = FlowClassifier([4]).partial_fit(X, LABEL, classes=[0, 1, 2])
    refused("y holds the class 3", m.partial_fit, X[:2], [3, 3])
    refused(r"classes is \[0, 1\]; those of the first call", m.partial_fit, X, LABEL, [0, 1])
    with pytest.raises(NotFittedError):
        FlowClassifier().predict(X)


def test_runge_kutta_takes_no_batches():
    m = FlowRegressor([4], mechanics=fn.RungeKutta(), epochs=20, random_state=0).fit(X, VALUES)
    assert m.n_steps_ == 20 and m.loss_curve_[-1] < m.loss_curve_[0] / 2
    refused("a Runge-Kutta step .* takes no batch_size", FlowRegressor(
        [4], mechanics=fn.RungeKutta(), batch_size=10).fit, X, VALUES)  # fmt: skip


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FlowClassifier([4], epochs=3, record_every=1).fit(X, LABEL)
    assert list(tmp_path.iterdir()) == []


def test_without_scikit_learn_one_line_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import flownet.sklearn"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={"PYTHONPATH": str(Path(fn.__file__).parents[1])})  # fmt: skip
    assert told.stderr.splitlines()[-1].endswith(
        "FlownetError: flownet.sklearn needs scikit-learn: pip install scikit-learn."
    )


def test_defaults_train_well():
    """Out of the box, with standardised inputs; bench says how MLPRegressor does."""
    pipe = make_pipeline(StandardScaler(), FlowRegressor(random_state=0))
    assert cross_val_score(pipe, *load_diabetes(return_X_y=True), cv=3).mean() > 0.4
