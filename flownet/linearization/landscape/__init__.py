"""Passes of the landscape: paths between minima, their saddles, a census of critical points."""

from ._band import Band, band
from ._census import KINDS, Census, census
from ._chance import chance_of_minimum
from ._connected import Connectedness, connectedness
from ._curve import Curve, curve
from ._ground import Ground
from ._spare import spare_path

__all__ = [
    "KINDS",
    "Band",
    "Census",
    "Connectedness",
    "Curve",
    "Ground",
    "band",
    "census",
    "chance_of_minimum",
    "connectedness",
    "curve",
    "spare_path",
]
