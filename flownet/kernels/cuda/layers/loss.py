"""The losses of samples, a thread each, and the cotangent of the top layer (TM 27-32).

As on the CPU, from the same bodies: ℓ = ½ e·γe, samples weighted by Γ or coupled by it, and
ℓ = −Σ q log P̂ at temperature kT. `slope` holds φ′ of the outputs and becomes φ′·scale·∂ℓ/∂Ŷ.
"""

from collections import namedtuple

from ...._compile._cuda import cuda, device
from ...layout import QUADRATIC
from ...scalar import loss as scalar
from ...scalar.elementary import exp
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel, over
from ..base.mirror import mirror
from ..base.product import pull_product

_Heat = namedtuple("_Heat", "inverse_temperature")  # what a row's body reads of `layout.Loss`

WHOLE, ERRORS, FINISH = range(3)  # stages of the quadratic loss: samples that are coupled take two


@kernel(
    "r[,] r[,] r[] r[,] r[,] r[,] r[,] f8[] f8 i8 i8 i8 i8",
    variants=((WHOLE,), (ERRORS,), (FINISH,)),
)
def quadratic(real, stage):
    """e = Ŷ − Y and γe, then ½ e·γe and the cotangent; between both, samples may be coupled."""
    half = 0.5
    zero, one = real(0), real(1)

    def run(
        y_hat, y, weights, gamma, errors, ge, slope, losses, scale, start, rows, weighted, bent
    ):
        n = y_hat.shape[1]
        for s in range(cuda.grid(1), rows, cuda.gridsize(1)):
            if stage != FINISH:
                for b in range(n):
                    errors[s, b] = y_hat[s, b] - y[start + s, b]
                for b in range(n):
                    value = errors[s, b]
                    if bent != 0:
                        value = zero
                        for c in range(n):
                            value += errors[s, c] * gamma[c, b]
                    ge[s, b] = value
            if stage != ERRORS:
                weight = weights[start + s] if weighted != 0 else one
                value = 0.0
                factor = weight * real(scale)
                for b in range(n):
                    value += float(errors[s, b]) * float(ge[s, b])
                    slope[s, b] *= factor * ge[s, b]
                losses[start + s] = half * float(weight) * value

    return run


@kernel("r[,] r[,] r[,] r[,] f8[] f8 f8 i8 i8")
def cross_entropy(real):
    """e^{(Ŷ − max)/kT} into p, then −Σ q log P̂ and the cotangent."""
    exp_of, leading, of_row, balance = (
        device(body, real)
        for body in (exp, scalar.leading, scalar.cross_entropy_of_row, scalar.balance)
    )
    one = real(1)

    def run(y_hat, q, p, slope, losses, inverse_temperature, scale, start, rows):
        beta = real(inverse_temperature)
        heat = _Heat(inverse_temperature)
        truth = q[start:]
        n = y_hat.shape[1]
        for s in range(cuda.grid(1), rows, cuda.gridsize(1)):
            largest = y_hat[s, 0] * beta
            for b in range(1, n):
                largest = max(largest, y_hat[s, b] * beta)
            for b in range(n):
                p[s, b] = exp_of(y_hat[s, b] * beta - largest)
            top, rest = leading(p, s)
            losses[start + s], mass = of_row(heat, y_hat, truth, float(largest), rest, s)
            share = mass / (rest + one)
            factor = beta * real(scale)
            for b in range(n):
                p[s, b] = (p[s, b] * share - truth[s, b]) * factor
            if top >= 0:
                balance(p, top, s)
            for b in range(n):
                slope[s, b] *= p[s, b]

    return run


def cotangent_of_loss(loss, y_hat, y, weights, work, slope, start, rows, scale):
    """Losses of some rows into `work.losses`, φ′·scale·∂ℓ/∂Ŷ into `slope`.

    Parameters
    ----------
    loss : `kernels.layout.Loss`
    y_hat, slope : arrays (capacity, n_out) of the device
    y, weights : arrays (m, n_out) and (m,) of the device; None without weights
    work : Work
    start, rows : int
        Where the rows begin in y, weights and losses, and how many there are.
    scale : float
        1/m.
    """
    if loss.kind != QUADRATIC:
        cross_entropy(
            over(rows),
            y_hat,
            y,
            work.covector,
            slope,
            work.losses,
            loss.inverse_temperature,
            scale,
            start,
            rows,
        )
        return
    n = y_hat.shape[1]
    bent = loss.gamma.size > 0
    gamma = mirror(loss.gamma).reshape(n, n) if bent else work.covector

    def stage(which, ge):
        quadratic(
            over(rows),
            *(y_hat, y, work.zeros if weights is None else weights, gamma),
            *(work.errors, ge, slope, work.losses, scale),
            *(start, rows, weights is not None, bent),
            variant=(which,),
        )

    if not loss.coupling.size:
        stage(WHOLE, work.covector)
        return
    stage(ERRORS, work.spare)
    flat = (a.reshape(a.size) for a in (work.covector, work.spare))
    second, first = flat
    pull_product(second, mirror(loss.coupling), first, rows, n, rows)
    stage(FINISH, work.covector)
