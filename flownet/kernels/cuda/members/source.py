"""The text of a kernel that trains a tiny network, a run a thread, all its numbers in registers.

Each parameter, each unit and each slope is a variable of its own: no index is left that could send
them to memory. Sums run in the order of the block's kernel. See `registers`, which compiles it.
"""

from itertools import pairwise

from ...layout import CROSS_ENTROPY, DOUBLE_WELL, PARABOLA


def source_of(shape):
    """Python text of the function `members` for a `Shape`."""
    text = _Text(_Layers(shape.sizes, shape.bias), shape)
    return "\n".join([_HEAD, *text.begin(), *text.step(), *text.end()])


class _Layers:
    """Where the parameters of each layer lie: `weight[l][j][i]`, `bias[l][j]` or none."""

    def __init__(self, sizes, bias):
        self.sizes, self.weight, self.bias, at = sizes, [], [], 0
        for n_in, n_out in pairwise(sizes):
            rows = [[at + j * n_in + i for i in range(n_in)] for j in range(n_out)]
            at += n_out * n_in
            self.weight.append(rows)
            self.bias.append([at + j for j in range(n_out)] if bias else None)
            at += n_out * bias
        self.size = at


_HEAD = """\
def members(
    x, y, weights, gamma, formulas, steps, loss, took, told, times, W, memory, numbers, sharps,
    seeds, order, m, batch, first, count,
):
    r, R = cuda.grid(1), told.size // 3
    if r >= R:
        return"""


class _Text:
    """The lines of a kernel, part by part."""

    def __init__(self, layers, shape):
        self._layers, self._shape, self._n_x, self._n_y = (
            layers,
            shape,
            shape.sizes[0],
            shape.sizes[-1],
        )

    def begin(self):
        """Parameters into registers."""
        D = self._layers.size
        yield from _indented(1, [f"w{p} = load1(W, {p} * R + r)" for p in range(D)])
        yield from _indented(1, _BEGIN.splitlines())
        if self._shape.loss == CROSS_ENTROPY:
            made = f"cuda.local.array((1, {self._n_y}), real)"
            yield from _indented(1, [f"{name} = {made}" for name in ("y_hat", "q", "p")])

    def end(self):
        """And back."""
        D = self._layers.size
        yield from _indented(1, [_ANEW, *(f"store1(W, {p} * R + at, w{p})" for p in range(D))])
        yield from _indented(1, _END.splitlines())

    def step(self):
        """One step, in a loop over all."""
        shape, D = self._shape, self._layers.size
        yield "    while taken < count:"
        yield from _indented(2, ["k, row = first + taken, taken * R + r"])
        if shape.batched:
            yield from _indented(2, _BATCH.splitlines())
        yield from _indented(
            2, ["h, scale, whole = load1(steps, row), real(1 / samples), samples // 4 * 4"]
        )
        yield from _indented(2, [f"g{p} = zero" for p in range(D)])
        yield from _indented(2, ["t0, t1, t2, t3, s = 0.0, 0.0, 0.0, 0.0, 0", "while s < samples:"])
        yield from _indented(3, self._sample())
        yield from _indented(
            2, ["value = load1(formulas, 0) * (((t0 + t1) + (t2 + t3)) / samples)"]
        )
        if shape.scaled:
            yield from _indented(2, ["factor = real(load1(formulas, 0))"])
            yield from _indented(2, [f"g{p} *= factor" for p in range(D)])
        for number, code in enumerate(shape.formulas):
            yield from _indented(2, self._formula(number, code))
        yield from _indented(2, _CHECKS.splitlines())
        yield from _indented(2, self._move())

    def _sample(self):
        """Forward, loss and pullback of one sample."""
        layers, n_x, n_y = self._layers, self._n_x, self._n_y
        yield "at = s" if not self._shape.batched else "at = load1(order, (begin + s) * R + r)"
        yield from (f"x{i} = load1(x, at * {n_x} + {i})" for i in range(n_x))
        yield from (f"y{b} = load1(y, at * {n_y} + {b})" for b in range(n_y))
        below = [f"x{i}" for i in range(n_x)]
        for layer, rows in enumerate(layers.weight):
            bias = layers.bias[layer]
            for j, row in enumerate(rows):
                terms = [f"w{bias[j]}"] if bias else ["zero"]
                terms += [f"w{p} * {a}" for p, a in zip(row, below)]
                yield f"a{layer}_{j}, d{layer}_{j} = act{layer}({' + '.join(terms)})"
            below = [f"a{layer}_{j}" for j in range(len(rows))]
        yield from self._loss(len(layers.weight) - 1)
        yield from _SAMPLE_END
        for layer in range(len(layers.weight) - 1, -1, -1):
            yield from self._pull(layer)
        yield "s += 1"

    def _loss(self, top):
        n, outputs = self._n_y, [f"a{top}_{b}" for b in range(self._n_y)]
        yield "weight = float(load1(weights, at))" if self._shape.weighted else "weight = 1.0"
        if self._shape.loss == CROSS_ENTROPY:
            for b, a in enumerate(outputs):
                yield f"y_hat[0, {b}], q[0, {b}] = {a}, y{b}"
            yield "l = cross_entropy(y_hat, q, p, load1(formulas, 1), scale)"
            yield from (f"G{b} = d{top}_{b} * p[0, {b}]" for b in range(n))
            return
        yield "l, factor = 0.0, real(weight) * scale"
        yield from (f"e{b} = {a} - y{b}" for b, a in enumerate(outputs))
        for b in range(n):
            ge = f"e{b}"
            if not self._shape.plain:
                ge = " + ".join(f"load1(gamma, {b * n + c}) * e{c}" for c in range(n))
            yield f"ge = {ge}"
            yield f"l += float(e{b}) * float(ge)"
            yield f"G{b} = d{top}_{b} * (factor * ge)"
        yield "l = 0.5 * weight * l"

    def _pull(self, layer):
        """∂L/∂W of a layer and G of the one below, from its own G."""
        rows, bias = self._layers.weight[layer], self._layers.bias[layer]
        for j, row in enumerate(rows):
            below = (f"a{layer - 1}_{i}" if layer else f"x{i}" for i in range(len(row)))
            yield from (f"g{p} += G{j} * {a}" for p, a in zip(row, below))
            if bias:
                yield f"g{bias[j]} += G{j}"
        if layer:
            names = range(len(rows[0]))
            for i in names:
                pulled = " + ".join(f"w{row[i]} * G{j}" for j, row in enumerate(rows))
                yield f"H{i} = ({pulled}) * d{layer - 1}_{i}"
            yield from (f"G{i} = H{i}" for i in names)

    def _formula(self, number, code):
        """scale·L(W) of a formula and its slopes: a sum over parameters, each by itself."""
        D, at = self._layers.size, 2 + 3 * number
        yield f"f, c = load1(formulas, {at}) * load1(formulas, {at + 1}), load1(formulas, {at + 2})"
        yield "l = 0.0"
        if code == PARABOLA:
            yield "factor = real(f)"
            for p in range(D):
                yield f"l += float(w{p}) * float(w{p})"
                yield f"g{p} += factor * w{p}"
            yield "value += 0.5 * f * l"
            return
        yield f"factor, well = real(f / 2), {'real(c * c)' if code == DOUBLE_WELL else 'zero'}"
        for p in range(D):
            yield f"e = w{p} * w{p} - well"
            yield "l += float(e) * float(e)"
            yield f"g{p} += factor * (w{p} * e)"
        yield "value += f / 8 * l"

    def _move(self):
        """W ← W − step·g^♯dL, range by range."""
        yield from (_ANEW, "probe = zero")
        for i, (begin, end) in enumerate(pairwise(self._shape.bounds)):
            yield f"sharp = load1(sharps, {i} * R + r)"
            yield "if sharp != 0:"
            yield "    of = of_range(numbers, RUN * R + r, R, begun, sharp, h, heat)"
            if self._shape.shrinks:
                yield "    keep = real(1 - load1(numbers, SHRINK * R + r) * h * sharp)"
            for p in range(begin, end):
                yield from _indented(1, self._move_one(p, p == begin))
        yield from _MOVED

    def _move_one(self, p, first_of_range):
        shape, dL, noise = self._shape, f"g{p}", "zero"
        if shape.kind.hot:
            if p % 2 == 0 or first_of_range:
                yield f"n0, n1 = two_normals({p // 2}, iteration, seed)"
            noise = f"real(of[-1] * n{p % 2})"
        if shape.decays:
            dL += f" + decay * w{p}"
        if shape.shrinks:
            yield f"w{p} *= keep"
        yield f"w{p} = move(of, w{p}, {dL}, memory, {p} * R + at, {self._layers.size} * R, {noise})"
        yield f"probe += w{p} * zero"


#: r, though the compiler cannot know it: else it would keep the address of every number of W and of
#: the memories in registers, two for each
_ANEW = "at = r + load1(told, R + r)"

_BEGIN = """\
time, epoch, before, taken, seen, going = load1(times, r), -1, nan, 0, 0, 1
begin, samples, seed = 0, m, load1(seeds, r)
begun = begin_step(numbers, RUN * R + r, R, 0.0, 1)
decay = real(load1(numbers, DECAY * R + r))"""

_END = """\
store1(times, r, time)
store1(told, r, taken)
store1(told, R + r, going)
store1(told, 2 * R + r, seen)"""

_BATCH = """\
per_epoch = (m + batch - 1) // batch
if k // per_epoch != epoch:
    epoch = k // per_epoch
    shuffle(order, r, R, m, load1(seeds, R + r), epoch)
begin = (k - epoch * per_epoch) * batch
samples = min(batch, m - begin)"""

_SAMPLE_END = [  # four sums as of the `mean` of the CPU's kernels: each fourth sample's
    "if s < whole:",
    "    t0, t1, t2, t3 = t1, t2, t3, t0 + l",
    "else:",
    "    t0 += l",
]

_CHECKS = """\
if load1(numbers, OF_LOSS * R + r) != 0:
    h *= value
if not (isfinite(value) and isfinite(h)):
    going = 0
    break
store1(loss, row, value)
seen = taken + 1
if not (load1(numbers, LOW * R + r) < value and value <= load1(numbers, HIGH * R + r)):
    going = 0
    break
store1(took, row, h)
iteration = k - int(load1(numbers, BORN * R + r))
if always or h != before or iteration < 2:
    begun = begin_step(numbers, RUN * R + r, R, h, iteration + 1)
    before = h
heat = load1(numbers, temperature_at * R + r)"""

_MOVED = ["taken += 1", "time += h", "if probe != 0:", "    going = 0", "    break"]


def _indented(levels, lines):
    return ("    " * levels + line for line in lines)
