"""The case of step policies and schedules, and its potential as a program."""

import twins

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
W0 = CASE["arrays"]["W"]


class Program:
    """A potential that no table can say, one call at a time."""

    def __init__(self, potential):
        self.size, self.data, self.dtype = potential.size, potential.data, potential.dtype
        self.differential, self.value = potential.differential, potential.value
        self.jet = potential.jet
