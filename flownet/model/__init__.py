"""Networks, losses and the potentials they make."""

from ..kernels.activation import ACTIVATIONS
from ..kernels.pair import COMPLEX_ACTIVATIONS, READOUTS
from ._analytic import UV, DoubleWell, Parabola, Quartic
from ._batches import Batches
from ._init import INITS
from ._loss import CrossEntropy, Quadratic
from ._network import Network
from ._picture import in_complex, in_reals
from ._potential import Potential
from ._sum import Sum
from ._tables import metric_from, metric_table, potential_from, tables_of

__all__ = ["ACTIVATIONS", "COMPLEX_ACTIVATIONS", "Batches", "INITS", "READOUTS", "CrossEntropy", "DoubleWell", "Network", "Parabola",
           "Potential", "Quadratic", "Quartic", "Sum", "UV", "in_complex", "in_reals", "metric_from",
           "metric_table", "potential_from", "tables_of"]
