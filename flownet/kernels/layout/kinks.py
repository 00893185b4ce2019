"""What a flow knows of a network's kinks: the branch of every unit at every sample, held in place.

A pair is one sample at one unit; pairs lie as the units of all m samples do, layer l from
m·units[l] on, one sample a row.
"""

from collections import namedtuple

LOWER, UPPER, SLIDING, SMOOTH = range(4)  # sides of a pair: where z < 0, z > 0, z = 0; without kink

#: of P pairs: side (P,), slope (P,) of the piece each is on, 1 of those that slide, and pre-
#: activations z (5, P) at the beginning of a step, at 1/3, 2/3 and all of it, and where f was last
#: asked; `below` (L,) is the slope of a layer below its kink, 1 where it has none; `slack` (1,) how
#: far beyond its kink a pair may be without having crossed; `found` (1,) the share of the last step
#: at which the first one crosses, and `which` (1,) that pair, −1 if none does; `point` (n,) a
#: buffer for y; `hold` what slides
Kinks = namedtuple("Kinks", "side slope z below slack found which point hold")

#: of pairs that slide, `count[0]` of S at most: their places (S,); sample, layer and unit (S, 3);
#: ∂z/∂W (S, D) and the same raised; the Gram matrix of both (S, S) and its Cholesky factor; ∂L/∂a
#: and ż as if none were held (S,). Pairs whose normals are parallel are at their kinks together:
#: `leader` (S,) is the first of them, and normals are `weight` (S,) times that of their leader,
#: whose `jump` (S,) is how much of its normal the covector gains from one side of all of them to
#: the other. `share` (S,) is how far between both sides each is, and `asked` (S,) that with which f
#: is asked, up to `repeats[0]` times again where one bends the normal of another; buffers for one
#: sample: units, slopes and cotangents (n_in + U,), a solution (S,)
Hold = namedtuple(
    "Hold",
    "count pairs at normal raised gram factor pull drift leader weight jump share asked repeats "
    "a da g solved",
)
