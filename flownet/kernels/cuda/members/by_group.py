"""A run by half a warp: its threads share the numbers of a member, and know its losses alike.

Layers are shared in two ways, in turn. One whose inputs all threads know is shared by its outputs:
unit j and its weights belong to thread j mod 16. The next one, whose inputs are these units, is
shared by its inputs: each thread adds what its own ones give, and the sum over the threads is known
to all again. The top layer is one of those. Pullbacks go the other way about. So half of the layers
need no word between threads forwards, and the other half none backwards.
"""

from itertools import product

from ...._compile._cuda_group import GROUP
from .text import Number, Text


def shares(n):
    """Units of n that a thread holds at most."""
    return -(-n // GROUP)


_NEXT = "_next"  # the end of the names of what is the next sample's


class ByGroup(Text):
    """The text of a kernel whose groups of threads hold a member each.

    Parameters
    ----------
    shape : Shape
    at_once : int
        Samples that are on their way together, 1 or 2: what one of them waits for hides behind the
        other's work.
    """

    name = "by_group"
    who = f"r, lane = cuda.grid(1) // {GROUP}, cuda.threadIdx.x % {GROUP}\nif r >= R:\n    return"
    anew = "at = r + load1(told, R + r)\nown = lane + load1(told, R + r)"
    wait = "group_wait()\n"

    def __init__(self, shape, at_once=1):
        super().__init__(shape)
        top = len(self.layers) - 1
        self._by_inputs = [(top - l) % 2 == 0 for l in range(top + 1)]
        self._ends = ("", _NEXT)[:at_once]
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

    def samples(self):
        yield f"at = {self.sample_at('s')}"
        if len(self._ends) > 1:  # the last one of an odd number is taken again, and counts 0
            yield f"more, s{_NEXT} = s + 1 < samples, min(s + 1, samples - 1)"
            yield f"at{_NEXT} = {self.sample_at(f's{_NEXT}')}"
            yield f"scale{_NEXT} = scale if more else zero"
        for u in self._ends:
            yield from self._load(u)
        for l in range(len(self.layers)):
            yield from self._forward(l)
        for u in self._ends:
            yield from self.loss(u)
        yield "t0 += l"
        yield from (f"t0 += l{u} if more else 0.0" for u in self._ends[1:])
        for l in range(len(self.layers) - 1, -1, -1):
            yield from self._pull(l)
        yield f"s += {len(self._ends)}"

    def _load(self, u):
        """Inputs and truth of a sample."""
        n_x = self.n_x
        if self._by_inputs[0]:
            for i in range(shares(n_x)):
                load, there = f"load1(x, at{u} * {n_x} + lane + {GROUP * i})", _there(i, n_x)
                yield f"x{i}{u} = {load}" + (f" if {there} else zero" * bool(there))
        else:
            yield from _loads([f"x{i}{u}" for i in range(n_x)], f"at{u} * {n_x}")
        yield from (f"y{b}{u} = load1(y, at{u} * {self.n_y} + {b})" for b in range(self.n_y))

    def _below(self, l, u):
        """Names of a layer's inputs that a thread has."""
        if l:
            return [f"a{l - 1}_{j}{u}" for j in self._held(l - 1)]
        return [f"x{i}{u}" for i in range(shares(self.n_x) if self._by_inputs[0] else self.n_x)]

    def _held(self, l):
        """Units of a layer that a thread has."""
        n = self.layers[l].n_out
        return range(n if self._by_inputs[l] else shares(n))

    def _forward(self, l):
        for j in self._held(l):
            for u in self._ends:
                terms = [f"wb{l}_{j}" if self._with_bias else "zero"]
                terms += [f"w{l}_{j}_{i} * {a}" for i, a in enumerate(self._below(l, u))]
                yield f"z{j}{u} = {' + '.join(terms)}"
            if self._by_inputs[l]:
                yield self._summed(f"z{j}")
        for j, u in product(self._held(l), self._ends):
            yield f"a{l}_{j}{u}, d{l}_{j}{u} = act{l}(z{j}{u})"

    def _pull(self, l):
        """∂L/∂W of a layer and G of the one below, from its own G."""
        for u, j in product(self._ends, self._held(l)):
            yield from (f"g{l}_{j}_{i} += G{j}{u} * {a}" for i, a in enumerate(self._below(l, u)))
            if self._with_bias:
                yield f"gb{l}_{j} += G{j}{u}"
        if not l:
            return
        owned = range(len(self._below(l, "")))
        for i in owned:
            for u in self._ends:
                pulled = (f"w{l}_{j}_{i} * G{j}{u}" for j in self._held(l))
                yield f"H{i}{u} = {' + '.join(pulled)}"
            if not self._by_inputs[l]:
                yield self._summed(f"H{i}")
        for i, u in product(owned, self._ends):
            yield f"G{i}{u} = H{i}{u} * d{l - 1}_{i}{u}"

    def _summed(self, name):
        """A line that makes a number of each sample its sum over the threads."""
        names = ", ".join(name + u for u in self._ends)
        return f"{names} = {'group_sum' if len(self._ends) == 1 else 'group_sums'}({names})"


def _there(i, n):
    """When thread `lane` holds a unit in its i-th share of n; "" for always."""
    return "" if (i + 1) * GROUP <= n else f"lane + {GROUP * i} < {n}"


def _loads(names, place):
    """A row of inputs from a place on, four at a time where rows begin at multiples of four."""
    if len(names) % 4:
        yield from (f"{x} = load1(x, {place} + {i})" for i, x in enumerate(names))
        return
    for i in range(0, len(names), 4):
        yield f"{', '.join(names[i : i + 4])} = load4(x, {place} + {i})"
