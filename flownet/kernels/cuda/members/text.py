"""The text of a kernel that trains tiny networks, all their numbers in registers: its frame.

Each parameter, each unit and each slope is a variable of its own: no index is left that could send
them to memory. Who holds which of them, one thread or some, is told by `by_thread` and `by_group`;
`registers` compiles what they give.
"""

from collections import namedtuple
from itertools import pairwise

from ...layout import CROSS_ENTROPY, DOUBLE_WELL, PARABOLA
from ..tiny.plan import layers_of

#: a parameter that a thread holds: the end of its variables' names (w…, g…), its place in W as text
#: where {lane} stands for the thread's number in its group, when it is there ("" for always), and
#: one parameter of the same range of a metric
Number = namedtuple("Number", "name place when one")


_HEAD = """\
def {name}(
    x, y, weights, gamma, formulas, steps, which, loss, told, times, W, memory, numbers, sharps,
    seeds, order, m, batch, first, count, rows,
):
    R = told.size // 3"""


class Text:
    """The lines of a kernel for a `Shape`, part by part.

    Who is derived from it gives the numbers that a thread holds, where a member's lie in memory,
    how threads add up and wait for each other, and what is done with a sample.

    Attributes
    ----------
    name : str
        Of the function.
    layers : list of Layer
    size : int
        Parameters of a member.
    numbers : list of Number
    who : str
        Lines that say which member, `r`, and which thread of its group, `lane`, a thread is.
    anew : str
        `at`, which is r, and `own`, which is lane, though the compiler cannot know it: else it
        would keep the address of every number of W and of the memories in registers, two for each.
    apart : str
        How far a member's memories are apart.
    wait : str
        A line after which all threads of a group see what one of them wrote.
    """

    name, apart, wait = "members", "", "pass\n"

    def __init__(self, shape):
        self.shape, self.n_x, self.n_y = shape, shape.sizes[0], shape.sizes[-1]
        self.layers, self.size = layers_of(shape.sizes, shape.bias)

    def __str__(self):
        parts = [
            [_HEAD.format(name=self.name)],
            _indented(1, self._begin()),
            self._step(),
            _indented(1, self._end()),
        ]
        return "\n".join(line for part in parts for line in part)

    # ---- what differs ---------------------------------------------------------------------------

    def place(self, number, lane):
        """Where in W a number of the member lies, for the thread `lane` or `own`."""
        raise NotImplementedError

    def in_memory(self, number):
        """Where its first memory lies, for the thread `own`."""
        return self.place(number, "own")

    def samples(self):
        """Lines of one sample or some, the `s`-th and what follows: forward, loss and pullback;
        they add to `t0` …, to slopes g… and to `s`."""
        raise NotImplementedError

    def noise(self, number, first_of_range):
        """Lines that draw a pair of normal numbers, and which one of them is a parameter's."""
        raise NotImplementedError

    def together(self, name):
        """Lines by which a variable becomes its sum over the threads of a group."""
        return ()

    def sample_at(self, s):
        """Which one of all samples is the s-th of a batch."""
        return f"load1(order, (begin + {s}) * R + r)" if self.shape.batched else s

    # ---- what is the same -----------------------------------------------------------------------

    def _begin(self):
        """Parameters into registers."""
        yield from self.who.splitlines()
        for number in self.numbers:
            value = f"load1(W, {self.place(number, 'lane')})"
            yield f"w{number.name} = {value}" + (f" if {number.when} else zero" * bool(number.when))
        yield from _BEGIN.splitlines()
        if self.shape.loss == CROSS_ENTROPY:
            made = f"cuda.local.array((1, {self.n_y}), real)"
            yield from (f"{name} = {made}" for name in ("y_hat", "q", "p"))

    def _end(self):
        """And back."""
        yield from self.anew.splitlines()
        for n in self.numbers:
            yield from _if(n.when, [f"store1(W, {self.place(n, 'own')}, w{n.name})"])
        yield from (self.wait + _END).splitlines()  # first all have read what is told anew

    def _step(self):
        """One step, in a loop over all."""
        shape = self.shape
        yield "    while taken < count:"
        yield from _indented(2, ["k = first + taken"])
        if shape.batched:
            yield from _indented(2, (_BATCH + self.wait).splitlines())
        yield from _indented(2, ["scale, whole = real(1 / samples), samples // 4 * 4"])
        yield from _indented(2, [f"g{n.name} = zero" for n in self.numbers])
        yield from _indented(2, ["t0, t1, t2, t3, s = 0.0, 0.0, 0.0, 0.0, 0", "while s < samples:"])
        yield from _indented(3, self.samples())
        yield from _indented(
            2, ["value = load1(formulas, 0) * (((t0 + t1) + (t2 + t3)) / samples)"]
        )
        if shape.scaled:
            yield from _indented(2, ["factor = real(load1(formulas, 0))"])
            yield from _indented(2, [f"g{n.name} *= factor" for n in self.numbers])
        for number, code in enumerate(shape.formulas):
            yield from _indented(2, self._formula(number, code))
        yield from _indented(2, _CHECKS.splitlines())
        yield from _indented(2, self._move())

    def loss(self, u=""):
        """`l` of a sample and its covectors G at the top's units, of which all are known; `u` is
        the end of the names of all that is this sample's."""
        n, top = self.n_y, len(self.layers) - 1
        outputs = [f"a{top}_{b}{u}" for b in range(n)]
        yield f"weight = float(load1(weights, at{u}))" if self.shape.weighted else "weight = 1.0"
        if self.shape.loss == CROSS_ENTROPY:
            for b, a in enumerate(outputs):
                yield f"y_hat[0, {b}], q[0, {b}] = {a}, y{b}{u}"
            yield f"l{u} = cross_entropy(y_hat, q, p, load1(formulas, 1), scale{u})"
            yield from (f"G{b}{u} = d{top}_{b}{u} * p[0, {b}]" for b in range(n))
            return
        yield f"factor = real(weight) * scale{u}"
        yield from (f"e{b} = {a} - y{b}{u}" for b, a in enumerate(outputs))
        for b in range(n):
            ge = f"e{b}"
            if not self.shape.plain:
                ge = " + ".join(f"load1(gamma, {b * n + c}) * e{c}" for c in range(n))
            yield f"ge = {ge}"
            yield f"l{u} {'+=' if b else '='} float(e{b}) * float(ge)"
            yield f"G{b}{u} = d{top}_{b}{u} * (factor * ge)"
        yield f"l{u} = 0.5 * weight * l{u}"

    def _formula(self, number, code):
        """scale·L(W) of a formula and its slopes: a sum over parameters, each by itself."""
        at = 2 + 3 * number
        yield f"f, c = load1(formulas, {at}) * load1(formulas, {at + 1}), load1(formulas, {at + 2})"
        yield "l = 0.0"
        if code == PARABOLA:
            yield "factor = real(f)"
            one = ["l += float(w{0}) * float(w{0})", "g{0} += factor * w{0}"]
        else:
            yield f"factor, well = real(f / 2), {'real(c * c)' if code == DOUBLE_WELL else 'zero'}"
            one = ["e = w{0} * w{0} - well", "l += float(e) * float(e)",
                   "g{0} += factor * (w{0} * e)"]  # fmt: skip
        for n in self.numbers:
            yield from _if(n.when, [line.format(n.name) for line in one])
        yield from self.together("l")
        yield "value += 0.5 * f * l" if code == PARABOLA else "value += f / 8 * l"

    def _move(self):
        """W ← W − step·g^♯dL, range by range."""
        yield from (*self.anew.splitlines(), "probe = zero")
        for i, (begin, end) in enumerate(pairwise(self.shape.bounds)):
            yield f"sharp = load1(sharps, {i} * R + r)"
            yield "if sharp != 0:"
            yield "    of = of_range(numbers, RUN * R + r, R, begun, sharp, h, heat)"
            if self.shape.shrinks:
                yield "    keep = real(1 - load1(numbers, SHRINK * R + r) * h * sharp)"
            for n in self.numbers:
                if begin <= n.one < end:
                    yield from _indented(1, _if(n.when, self._move_one(n, n.one == begin)))
        yield from (*self.together("probe"), *_MOVED)

    def _move_one(self, n, first_of_range):
        shape, dL, noise = self.shape, f"g{n.name}", "zero"
        if shape.kind.hot:
            draw, drawn = self.noise(n, first_of_range)
            yield from draw
            noise = f"real(of[-1] * {drawn})"
        if shape.decays:
            dL += f" + decay * w{n.name}"
        if shape.shrinks:
            yield f"w{n.name} *= keep"
        at = f"{self.in_memory(n)}, {self.apart}"
        yield f"w{n.name} = move(of, w{n.name}, {dL}, memory, {at}, {noise})"
        yield f"probe += w{n.name} * zero"


_BEGIN = """\
time, epoch, before, taken, seen, going = load1(times, r), -1, nan, 0, 0, 1
begin, samples, seed = 0, m, load1(seeds, r)
begun = begin_step(numbers, RUN * R + r, R, 0.0, 1)
path = load1(which, r) * count
decay = real(load1(numbers, DECAY * R + r))"""

_END = """\
if lane == 0:
    store1(times, r, time)
    store1(told, r, taken)
    store1(told, R + r, going)
    store1(told, 2 * R + r, seen)"""

_BATCH = """\
per_epoch = (m + batch - 1) // batch
if k // per_epoch != epoch:
    epoch = k // per_epoch
    if lane == 0:
        shuffle(order, r, R, m, load1(seeds, R + r), epoch)
begin = (k - epoch * per_epoch) * batch
samples = min(batch, m - begin)
"""

_CHECKS = """\
h = load1(steps, path + taken)
if load1(numbers, OF_LOSS * R + r) != 0:
    h *= value
if not (isfinite(value) and isfinite(h)):
    going = 0
    break
if lane == 0:
    store1(loss, r * rows + taken % rows, value)
seen = taken + 1
if not (load1(numbers, LOW * R + r) < value and value <= load1(numbers, HIGH * R + r)):
    going = 0
    break
iteration = k - int(load1(numbers, BORN * R + r))
if always or h != before or iteration < 2:
    begun = begin_step(numbers, RUN * R + r, R, h, iteration + 1)
    before = h
heat = load1(numbers, temperature_at * R + r)"""

_MOVED = ["taken += 1", "time += h", "if probe != 0:", "    going = 0", "    break"]


def _indented(levels, lines):
    return ("    " * levels + line for line in lines)


def _if(when, lines):
    """Lines, under a condition where there is one."""
    return [f"if {when}:", *_indented(1, lines)] if when else lines
