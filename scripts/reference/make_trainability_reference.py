"""Write `tests/reference/trainability.npz`: the map of trainability by JAX, as the paper draws it.

    python scripts/reference/make_trainability_reference.py [--side 64] [-o FILE]

One hidden layer of 16 tanh units without biases on 272 samples, weights N(0, 1) with the factors
√2/4 and 1/16 outside of them, mean squared error, a step of its own for each layer, from 1e-3 to
1e6, 500 steps in float64 (Sohl-Dickstein 2402.06184). Data and first weights are flownet's.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import flownet as fn

OUT = Path(__file__).parents[2] / "tests" / "reference" / "trainability.npz"
STEPS, TAIL, MOST = 500, 20, 1e6
FACTORS = np.sqrt(2) / 4, 1 / 16


def convergence(losses):
    """Whether a run converged, and −Σv if so, else Σ1/v, of losses v in units of the first."""
    v = jnp.where(jnp.isfinite(losses), losses, jnp.inf) / losses[0]
    v = jnp.where(v > MOST, MOST, v)
    converged = jnp.mean(v[-TAIL:]) < 1
    return converged, jnp.where(converged, -jnp.sum(v), jnp.sum(1 / v))


def map_of(side):
    """Verdicts and measures (side, side), the step of the first layer along the first axis."""
    data = fn.data.load("gaussian", m=272, n_in=16)
    W0 = fn.Network([16, 16, 1], bias=False, init=FACTORS).init(0)
    x, y = jnp.asarray(data.x), jnp.asarray(data.y)
    start = [jnp.asarray(W0[:256].reshape(16, 16)) / FACTORS[0], jnp.asarray(W0[256:]) / FACTORS[1]]

    def loss(weights):
        hidden = jnp.tanh(FACTORS[0] * x @ weights[0].T)
        return jnp.mean((FACTORS[1] * hidden @ weights[1] - y[:, 0]) ** 2)

    def train(steps):
        def step(weights, _):
            value, slope = jax.value_and_grad(loss)(weights)
            return [w - h * g for w, h, g in zip(weights, steps, slope)], value

        return convergence(jax.lax.scan(step, start, length=STEPS)[1])

    h = np.geomspace(1e-3, 1e6, side)
    steps = jnp.asarray(np.stack(np.meshgrid(h, h, indexing="ij"), -1).reshape(-1, 2))
    mapped = jax.jit(lambda steps: jax.lax.map(train, steps, batch_size=32))
    return [np.asarray(part).reshape(side, side) for part in mapped(steps)]


def main():
    """Work out the map and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("-o", "--output", type=Path, default=OUT)
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    converged, measure = map_of(options.side)
    np.savez_compressed(options.output, converged=converged, convergence=measure.astype("f4"))
    print(f"{options.output}: {converged.mean():.1%} of {converged.size} converged")


if __name__ == "__main__":
    main()
