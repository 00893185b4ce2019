"""A run a thread: it holds every number of its member, and sums in the order of the block's kernel.

What belongs to all members lies side by side, (…, R): neighbours touch neighbouring words.
"""

from .text import Number, Text

_SAMPLE_END = [  # four sums as of the `mean` of the CPU's kernels: each fourth sample's
    "if s < whole:",
    "    t0, t1, t2, t3 = t1, t2, t3, t0 + l",
    "else:",
    "    t0 += l",
    "s += 1",
]


class ByThread(Text):
    """The text of a kernel whose threads hold a member each."""

    name = "by_thread"
    who = "r, lane = cuda.grid(1), 0\nif r >= R:\n    return"
    anew = "at, own = r + load1(told, R + r), 0"

    def __init__(self, shape):
        super().__init__(shape)
        self.numbers = [Number(str(p), str(p), "", p) for p in range(self.size)]
        self.apart = f"{self.size} * R"

    def place(self, number, lane):
        return f"{number.place} * R + {'at' if lane == 'own' else 'r'}"

    def noise(self, number, first_of_range):
        p = number.one
        draw = [f"n0, n1 = two_normals({p // 2}, iteration, seed)"]
        return draw if p % 2 == 0 or first_of_range else [], f"n{p % 2}"

    def samples(self):
        yield f"at = {self.sample_at('s')}"
        yield from (f"x{i} = load1(x, at * {self.n_x} + {i})" for i in range(self.n_x))
        yield from (f"y{b} = load1(y, at * {self.n_y} + {b})" for b in range(self.n_y))
        below = [f"x{i}" for i in range(self.n_x)]
        for l, layer in enumerate(self.layers):
            for j in range(layer.n_out):
                terms = ["zero" if layer.bias is None else f"w{layer.bias + j}"]
                row = layer.at + j * layer.n_in
                terms += [f"w{row + i} * {a}" for i, a in enumerate(below)]
                yield f"a{l}_{j}, d{l}_{j} = act{l}({' + '.join(terms)})"
            below = [f"a{l}_{j}" for j in range(layer.n_out)]
        yield from self.loss()
        for l in range(len(self.layers) - 1, -1, -1):
            yield from self._pull(l)
        yield from _SAMPLE_END

    def _pull(self, l):
        """∂L/∂W of a layer and G of the one below, from its own G."""
        at, bias, n_in, n_out = self.layers[l]
        for j in range(n_out):
            below = (f"a{l - 1}_{i}" if l else f"x{i}" for i in range(n_in))
            yield from (f"g{at + j * n_in + i} += G{j} * {a}" for i, a in enumerate(below))
            if bias is not None:
                yield f"g{bias + j} += G{j}"
        if l:
            for i in range(n_in):
                pulled = " + ".join(f"w{at + j * n_in + i} * G{j}" for j in range(n_out))
                yield f"H{i} = ({pulled}) * d{l - 1}_{i}"
            yield from (f"G{i} = H{i}" for i in range(n_in))
