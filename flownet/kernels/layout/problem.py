"""What kernels take of a potential and of a run: small named tuples of arrays and numbers.

Options are data: sizes, offsets and codes travel as integer arrays, so that one compiled kernel
serves every network. What is not there is None, and nothing is compiled for it.
"""

from collections import namedtuple

QUADRATIC, CROSS_ENTROPY = 0, 1  # kinds of losses
PARABOLA, QUARTIC, DOUBLE_WELL, UV = range(4)  # codes of formulas
OF_LOSS, OF_GRADIENTS = 0, 1  # metrics of outputs: what ℓ bends, and the samples' own gradients
OWN, OWN_IN_PLACE = 4, 5  # of a user's compiled functions, W → (L, dL) or (W, dL) → L

#: sizes (L+1), offsets of weights and biases in W (bias −1: none), activation codes, units[l] the
#: width of all layers before l, panels[l] the offset of layer l's packed weights. Of a complex
#: network these speak of its `planes`: gate (L,) holds offsets of modReLU's biases (−1: none), and
#: origin (L, 4) those of weights, conjugate's weights, bias and gate in W; None for a real network
Net = namedtuple("Net", "sizes weight bias activation units panels gate origin")

#: kind 0 quadratic, 1 cross-entropy; 1/kT; output metric (n, n) or empty; Γ (m, m) or empty
Loss = namedtuple("Loss", "kind inverse_temperature gamma coupling")

#: inputs (m, n_in), truth (m, n_out), sample weights (m,) or empty; `rows` the samples of a
#: mini-batch, empty for all of them
Data = namedtuple("Data", "x y weights rows")

#: a sum of potentials on mini-batches: network, loss, data and buffers (None where there is no
#: network), `Terms`, `Batches`
Problem = namedtuple("Problem", "net loss data work terms batches")

#: the network's factor, then codes (T,) and (scale, p, q) (T, 3) of formulas; of a user's compiled
#: functions their addresses (T,), whether each has failed (T,), and room (2, D): for the dL that
#: one writes, and for the W where one failed
Terms = namedtuple("Terms", "factor code parameters address failed room")

#: mini-batches: their size (0: full batch), the seed, the order of epoch `epoch[0]`
Batches = namedtuple("Batches", "size seed order epoch")

#: whether the loss multiplies each step; the inverse stiffness of each range of W, bounds[i] …
#: bounds[i+1] (0: frozen), and the first layer that moves; layers that the metric couples, or None;
#: the times from and until which this is the metric; the numbers of the mechanics, the κ of a
#: parabola whose slope joins dL (`decay`) or moves W by itself (`shrink`), True where W are pairs
#: (re, im) that share ⟨|F|²⟩, the seed of thermal noise, and the `Ascent` before each step, or
#: None; the iteration that the mechanics begin at; of the steps from iteration `first` on the
#: temperatures (count,), where a heat bath has a schedule, and the inverse stiffness of each range
#: (count, …), where the metric follows the steps: each is None otherwise
Rule = namedtuple(
    "Rule",
    "of_loss bounds sharp lowest coupling since until numbers decay shrink pairs seed ascent born "
    "first temperatures sharps",
)

#: ρ, the length of an ascent to where dL is taken (SAM), and a buffer (D,) for that point
Ascent = namedtuple("Ascent", "radius point")

#: where rows go: every `every`-th W with its iteration and time, the loss and the step of every
#: iteration with its time; `step` (count,) comes with the steps to take, or their factors where the
#: loss multiplies them
Tape = namedtuple("Tape", "every parameters row_iteration row_time loss iteration time step")

#: stacks of layers of one shape: stack s has the layers whose parameters, `extent[s]` each, begin
#: in W at begin[first[s]] … begin[first[s+1]−1]; their g^[ij] (n, n) one behind the other in
#: `sharp`; and a buffer for a strip of as many columns as there are layers in the largest stack
Coupling = namedtuple("Coupling", "first begin extent sharp strip")

STRIP = 256  # columns of a stack that are raised at a time

#: rows of many members: steps to take, or what the loss multiplies, (P, count), and which row of
#: them is a member's (R,); losses (R, rows), where that of the i-th step stands in column i mod
#: rows; how many losses it has seen and steps taken (R,), its time (R,), and whether it goes on
#: (R,): only while its loss is above `low` (R,) and not above `high` (R,)
MembersTape = namedtuple("MembersTape", "steps which loss seen taken time going low high")
