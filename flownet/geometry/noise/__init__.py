"""Noise of mini-batches: how the gradients of single samples scatter about their mean."""

from ._gradient_noise import GradientNoise, NoiseModes
from ._noise import noise

__all__ = ["GradientNoise", "NoiseModes", "noise"]
