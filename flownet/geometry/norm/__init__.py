"""Norms that are no metric: steepest descent where no inner product says what a step costs."""

from ._norm import Norm
from ._of_layers import BlockNorm, SpectralNorm
from ._polar import polar
from ._sharpness import NormSharpness, norm_sharpness, sharpness_in
from ._sign import CoordinateNorm, SignNorm

__all__ = [
    "BlockNorm",
    "CoordinateNorm",
    "Norm",
    "NormSharpness",
    "SignNorm",
    "SpectralNorm",
    "norm_sharpness",
    "polar",
    "sharpness_in",
]
