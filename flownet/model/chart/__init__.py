"""Charts: other coordinates of parameter space, and potentials seen in them."""

from ._chart import AnyChart
from ._charted import Charted, network_at
from ._elementwise import Rescaling, Sinh
from ._of_reals import ChartOfReals
from ._own import Chart
from ._phases import Phases
from ._weights import WeightNormalisation

__all__ = [
    "AnyChart",
    "Chart",
    "ChartOfReals",
    "Charted",
    "Phases",
    "Rescaling",
    "Sinh",
    "WeightNormalisation",
    "network_at",
]
