"""What loops over the orbits of mechanical systems take.

W lies as the systems say: of oscillators springs (d,), hardening (d,), couplings of pairs i < j and
strengths (d, n_in) of what drives them; of neurons springs (d,), strengths (n,), weights (n, d) and
(n, n_in), and biases (n,).

Signals u (m, N+1, n_in) and truth y (m, (N+1)·observed) have one row a sample.
"""

from collections import namedtuple

#: what moves: a code, a number of its own (of neurons, their count), and how many coordinates
Moving = namedtuple("Moving", "code own coordinates")

#: how: steps and their length; how many coordinates a cost sees, and its metric on them, which is
#: one number for each of them at each moment, moment by moment, as the truth is; a cost that sees
#: nothing at some moments has zeros there
Orbit = namedtuple("Orbit", "steps dt observed gamma")

#: kinds of what moves, by their codes
OSCILLATORS, NEURAL = range(2)
