"""Charts: other coordinates of parameter space, and potentials seen in them."""

from ._chart import AnyChart
from ._charted import Charted
from ._elementwise import Rescaling, Sinh
from ._own import Chart
from ._phases import Phases
from ._weights import WeightNormalisation

__all__ = ["AnyChart", "Chart", "Charted", "Phases", "Rescaling", "Sinh", "WeightNormalisation"]
