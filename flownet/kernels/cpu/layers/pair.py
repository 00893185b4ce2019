"""Loops over complex units, made from the activations in `kernels.scalar`.

A row holds the real parts of its units, then the imaginary ones. `slope` keeps what the pullback
needs: ∂f/∂z of holomorphic functions, z itself of others.
"""

from ...._compile import compiled, part, separate
from ...scalar import pair as scalar
from ...scalar.pair import ABS, ABS2, CARDIOID, MODRELU, SIN, TANH, ZRELU


def _kept(body):
    @part
    def loop(x, y, kept_x, kept_y):
        for j in range(x.size):
            kept_x[j], kept_y[j] = x[j], y[j]
            x[j], y[j] = body(x[j], y[j])

    return loop


def _holomorphic(body):
    @part
    def loop(x, y, p, p_i):
        for j in range(x.size):
            x[j], y[j], p[j], p_i[j] = body(x[j], y[j])

    return loop


def _pulled(body):
    @part
    def loop(x, y, gx, gy):
        for j in range(x.size):
            x[j], y[j] = body(x[j], y[j], gx[j], gy[j])

    return loop


def _loops(make, *bodies):
    return [make(compiled(body)) for body in bodies]


_zrelu_kept, _cardioid_kept, _abs_kept, _abs2_kept = _loops(
    _kept, scalar.zrelu, scalar.cardioid, scalar.modulus, scalar.square
)
_zrelu_pulled, _cardioid_pulled, _abs_pulled, _abs2_pulled = _loops(
    _pulled, scalar.pull_zrelu, scalar.pull_cardioid, scalar.pull_modulus, scalar.pull_square
)
_tanh_kept, _sin_kept, _cayley_kept = _loops(_holomorphic, scalar.tanh, scalar.sin, scalar.cayley)
_modrelu_value, _modrelu_pull = map(compiled, (scalar.modrelu, scalar.pull_modrelu))


@part
def _modrelu_kept(x, y, b, kept_x, kept_y):
    for j in range(x.size):
        kept_x[j], kept_y[j] = x[j], y[j]
        x[j], y[j] = _modrelu_value(x[j], y[j], b[j])


@part
def _modrelu_pulled(x, y, b, gx, gy, gate):
    for j in range(x.size):
        x[j], y[j], gate[j] = _modrelu_pull(x[j], y[j], b[j], gx[j], gy[j])


@part
def _holomorphic_pulled(p, p_i, gx, gy):
    for j in range(p.size):
        p[j], p_i[j] = gx[j] * p[j] + gy[j] * p_i[j], gy[j] * p[j] - gx[j] * p_i[j]


@separate
def activate_pairs(code, z, b, slope):
    """z (rows, 2n) ← f(z); slope ← what `pull_pairs` needs. b (n,): the bias of modReLU."""
    n = z.shape[1] // 2
    for s in range(z.shape[0]):
        x, y, p, p_i = z[s, :n], z[s, n:], slope[s, :n], slope[s, n:]
        if code == MODRELU:
            _modrelu_kept(x, y, b, p, p_i)
        elif code == ZRELU:
            _zrelu_kept(x, y, p, p_i)
        elif code == CARDIOID:
            _cardioid_kept(x, y, p, p_i)
        elif code == ABS:
            _abs_kept(x, y, p, p_i)
        elif code == ABS2:
            _abs2_kept(x, y, p, p_i)
        elif code == TANH:
            _tanh_kept(x, y, p, p_i)
        elif code == SIN:
            _sin_kept(x, y, p, p_i)
        else:
            _cayley_kept(x, y, p, p_i)


@separate
def pull_pairs(code, slope, b, g, gate):
    """slope (rows, 2n) ← G_z from G_f in g; of modReLU also ∂ℓ/∂b into the n first of each row."""
    n = slope.shape[1] // 2
    for s in range(slope.shape[0]):
        x, y, gx, gy = slope[s, :n], slope[s, n:], g[s, :n], g[s, n:]
        if code == MODRELU:
            _modrelu_pulled(x, y, b, gx, gy, gate[s, :n])
        elif code == ZRELU:
            _zrelu_pulled(x, y, gx, gy)
        elif code == CARDIOID:
            _cardioid_pulled(x, y, gx, gy)
        elif code == ABS:
            _abs_pulled(x, y, gx, gy)
        elif code == ABS2:
            _abs2_pulled(x, y, gx, gy)
        else:
            _holomorphic_pulled(x, y, gx, gy)
