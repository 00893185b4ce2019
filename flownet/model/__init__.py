"""Networks, losses and the potentials they make."""

from ..kernels.activation import ACTIVATIONS
from ..kernels.pair import COMPLEX_ACTIVATIONS, READOUTS
from ._analytic import UV, DoubleWell, Parabola, Quartic
from ._batches import Batches
from ._chart import AnyChart
from ._chart_elementwise import Rescaling, Sinh
from ._chart_own import Chart
from ._chart_phases import Phases
from ._chart_weights import WeightNormalisation
from ._charted import Charted
from ._init import INITS
from ._loss import CrossEntropy, Quadratic
from ._network import Network
from ._picture import in_complex, in_reals
from ._potential import Potential
from ._real_view import RealView, in_double, is_complex, real_view
from ._sum import Sum
from ._tables import metric_from, metric_table, potential_from, tables_of

__all__ = [
    "ACTIVATIONS", "AnyChart", "Batches", "COMPLEX_ACTIVATIONS", "Chart", "Charted", "CrossEntropy",
    "DoubleWell", "INITS", "Network", "Parabola", "Phases", "Potential", "Quadratic", "Quartic",
    "READOUTS", "RealView", "Rescaling", "Sinh", "Sum", "UV", "WeightNormalisation", "in_complex",
    "in_double", "in_reals", "is_complex", "metric_from", "metric_table", "potential_from",
    "real_view", "tables_of",
]
