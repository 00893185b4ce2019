"""Every kind of norm on one network, and a potential of that network."""

import pytest

import flownet as fn

NET = fn.Network([4, 5, 3])
POTENTIAL = fn.Potential(NET, fn.CrossEntropy(), fn.data.load("iris"))
W0 = NET.init(seed=0)
D = NET.size
NORMS = {
    "sign": fn.SignNorm(D),
    "coordinate": fn.CoordinateNorm(D),
    "one layer": fn.BlockNorm(NET),
    "one neuron": fn.BlockNorm(NET, "neurons"),
    "every neuron": fn.BlockNorm(NET, "neurons", combine="max", radii=[2.0, 0.5]),
    "spectral": fn.SpectralNorm(NET),
    "one matrix": fn.SpectralNorm(NET, combine="sum"),
    "each by its own": fn.SpectralNorm(NET, "rms", combine="squares"),
    "without biases": fn.SpectralNorm(NET, "muon", biases=False),
    "frozen": fn.SpectralNorm(NET, [0.0, 1.0]),
}
every_norm = pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
