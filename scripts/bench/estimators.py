"""`bench sklearn`: the estimators against scikit-learn's networks, both as they come."""

from time import perf_counter

import numpy as np

from flownet.kernels.device import kernels_of

FOLDS = 5


def problems():
    """Inputs, truth, and the two estimators of each problem."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_friedman1
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    from flownet.sklearn import FlowClassifier, FlowRegressor

    classifiers = [FlowClassifier(random_state=0), MLPClassifier(random_state=0)]
    regressors = [FlowRegressor(random_state=0), MLPRegressor(random_state=0)]
    return {
        "digits": (*load_digits(return_X_y=True), classifiers),
        "breast cancer": (*load_breast_cancer(return_X_y=True), classifiers),
        "diabetes": (*load_diabetes(return_X_y=True), regressors),
        "Friedman 1": (*make_friedman1(1000, noise=1.0, random_state=0), regressors),
    }


def folds_of(X, y, estimator):
    """Score and seconds of a fit in each fold, inputs standardised by what is trained on."""
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = StratifiedKFold if is_classifier(estimator) else KFold
    scores, seconds = [], []
    for train, test in kind(FOLDS, shuffle=True, random_state=0).split(X, y):
        pipe = make_pipeline(StandardScaler(), clone(estimator))
        began = perf_counter()
        pipe.fit(X[train], y[train])
        seconds.append(perf_counter() - began)
        scores.append(pipe.score(X[test], y[test]))
    return scores, seconds


def bench_sklearn(options):
    """FlowClassifier and FlowRegressor against MLPClassifier and MLPRegressor, on one thread."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    print(f"{'':<15}{'':<16}{'score held out':>18}{'seconds a fit':>15}")
    with threadpool_limits(1), kernels_of("cpu").limited(1):
        for name, (X, y, estimators) in problems().items():
            for estimator in estimators:
                estimator.fit(X[:300], y[:300])  # compiled, where there is something to compile
                scores, seconds = folds_of(X, y, estimator)
                row = {"problem": name, "estimator": type(estimator).__name__}
                rows.append({**row, "scores": scores, "seconds": seconds})
                spread = f"{np.mean(scores):.3f} ± {np.std(scores):.3f}"
                print(
                    f"{name:<15}{row['estimator']:<16}{spread:>18}{np.median(seconds):>15.2f}",
                    flush=True,
                )
    return rows
