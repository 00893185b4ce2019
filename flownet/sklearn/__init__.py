"""Networks as scikit-learn's estimators; the only room that knows scikit-learn."""

from .._optional import optional

optional("sklearn", "flownet.sklearn")

from ._classifier import FlowClassifier  # noqa: E402 - which cannot be had without it
from ._regressor import FlowRegressor  # noqa: E402

__all__ = ["FlowClassifier", "FlowRegressor"]
