"""Networks, losses and the potentials they make."""

from ..kernels.activation import ACTIVATIONS
from ._analytic import UV, DoubleWell, Parabola, Quartic
from ._init import INITS
from ._loss import CrossEntropy, Quadratic
from ._network import Network
from ._potential import Potential, from_tables
from ._sum import Sum

__all__ = ["ACTIVATIONS", "INITS", "CrossEntropy", "DoubleWell", "Network", "Parabola",
           "Potential", "Quadratic", "Quartic", "Sum", "UV", "from_tables"]
