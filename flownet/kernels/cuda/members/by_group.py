"""A run by half a warp: its threads share the numbers of a member, and know its losses alike.

Layers are shared in two ways, in turn. One whose inputs all threads know is shared by its outputs:
unit j and its weights belong to thread j mod 16. The next one, whose inputs are these units, is
shared by its inputs: each thread adds what its own ones give, and the sum over the threads is known
to all again. The top layer is one of those. Pullbacks go the other way about. So half of the layers
need no word between threads forwards, and the other half none backwards.
"""

from ...._compile._cuda_group import GROUP
from .text import Number, Text


def shares(n):
    """Units of n that a thread holds at most."""
    return -(-n // GROUP)


class ByGroup(Text):
    """The text of a kernel whose groups of threads hold a member each."""

    name = "by_group"
    who = f"r, lane = cuda.grid(1) // {GROUP}, cuda.threadIdx.x % {GROUP}\nif r >= R:\n    return"
    anew = "at = r + load1(told, R + r)\nown = lane + load1(told, R + r)"
    wait = "group_wait()\n"

    def __init__(self, shape):
        super().__init__(shape)
        top = len(self.layers) - 1
        self._by_inputs = [(top - l) % 2 == 0 for l in range(top + 1)]
        self.numbers = [n for l in range(top + 1) for n in self._numbers(l)]
        self.apart, self._with_bias = str(self.size), shape.bias

    def _numbers(self, l):
        """Weights and biases of a layer that a thread holds."""
        at, bias, n_in, n_out = self.layers[l]
        if self._by_inputs[l]:
            for j in range(n_out):
                for i in range(shares(n_in)):
                    place = f"{at + j * n_in + GROUP * i} + {{lane}}"
                    yield Number(f"{l}_{j}_{i}", place, _there(i, n_in), at)
            if bias is not None:
                for j in range(n_out):
                    yield Number(f"b{l}_{j}", str(bias + j), f"lane == {j % GROUP}", bias)
            return
        for i in range(shares(n_out)):
            row = f"{at} + ({{lane}} + {GROUP * i}) * {n_in}"
            for k in range(n_in):
                yield Number(f"{l}_{i}_{k}", f"{row} + {k}", _there(i, n_out), at)
            if bias is not None:
                place = f"{bias + GROUP * i} + {{lane}}"
                yield Number(f"b{l}_{i}", place, _there(i, n_out), bias)

    def place(self, number, lane):
        place = number.place.format(lane=lane)
        return f"{'at' if lane == 'own' else 'r'} * {self.size} + {place}"

    def in_memory(self, number):
        return f"at * (memory.size // R) + {number.place.format(lane='own')}"

    def noise(self, number, first_of_range):
        p = number.place.format(lane="own")
        draw = [f"number = {p}", "n0, n1 = two_normals(number >> 1, iteration, seed)"]
        return draw, "(n1 if number & 1 else n0)"

    def together(self, name):
        return [f"{name} = group_sum({name})"]

    def sample(self):
        n_x = self.n_x
        if self._by_inputs[0]:
            below = [f"x{i}" for i in range(shares(n_x))]
            for i, x in enumerate(below):
                load = f"load1(x, at * {n_x} + lane + {GROUP * i})"
                yield f"{x} = {load}" + (f" if {_there(i, n_x)} else zero" * bool(_there(i, n_x)))
        else:
            below = [f"x{i}" for i in range(n_x)]
            yield from _loads(below, n_x)
        yield from (f"y{b} = load1(y, at * {self.n_y} + {b})" for b in range(self.n_y))
        inputs = []
        for l in range(len(self.layers)):
            inputs.append(below)
            yield from self._forward(l, below)
            n_out = self.layers[l].n_out
            held = n_out if self._by_inputs[l] else shares(n_out)
            below = [f"a{l}_{j}" for j in range(held)]
        yield from (*self.loss(), "t0 += l")
        for l in range(len(self.layers) - 1, -1, -1):
            yield from self._pull(l, inputs[l])

    def _forward(self, l, below):
        held = range(self.layers[l].n_out)
        held = held if self._by_inputs[l] else range(shares(len(held)))
        for j in held:
            terms = [f"wb{l}_{j}" if self._with_bias else "zero"]
            terms += [f"w{l}_{j}_{i} * {a}" for i, a in enumerate(below)]
            z = " + ".join(terms)
            yield f"z{j} = " + (f"group_sum({z})" if self._by_inputs[l] else z)
        yield from (f"a{l}_{j}, d{l}_{j} = act{l}(z{j})" for j in held)

    def _pull(self, l, below):
        """∂L/∂W of a layer and G of the one below, from its own G."""
        n_in, n_out = self.layers[l].n_in, self.layers[l].n_out
        held = range(n_out if self._by_inputs[l] else shares(n_out))
        for j in held:
            yield from (f"g{l}_{j}_{i} += G{j} * {a}" for i, a in enumerate(below))
            if self._with_bias:
                yield f"gb{l}_{j} += G{j}"
        if l:
            owned = range(shares(n_in) if self._by_inputs[l] else n_in)
            for i in owned:
                pulled = " + ".join(f"w{l}_{j}_{i} * G{j}" for j in held)
                pulled = f"({pulled})" if self._by_inputs[l] else f"group_sum({pulled})"
                yield f"H{i} = {pulled} * d{l - 1}_{i}"
            yield from (f"G{i} = H{i}" for i in owned)


def _there(i, n):
    """When thread `lane` holds a unit in its i-th share of n; "" for always."""
    return "" if (i + 1) * GROUP <= n else f"lane + {GROUP * i} < {n}"


def _loads(names, n):
    """A row of n inputs, four at a time where rows begin at multiples of four."""
    if n % 4:
        yield from (f"{x} = load1(x, at * {n} + {i})" for i, x in enumerate(names))
        return
    for i in range(0, n, 4):
        yield f"{', '.join(names[i : i + 4])} = load4(x, at * {n} + {i})"
