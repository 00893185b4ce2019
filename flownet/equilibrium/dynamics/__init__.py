"""Systems that relax on no energy: ṡ = f(s), whose Jacobian is not symmetric."""

from ._asymmetric import AsymmetricHopfield
from ._dynamics import Dynamics

__all__ = ["AsymmetricHopfield", "Dynamics"]
