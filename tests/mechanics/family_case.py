"""The case of the family of mechanics, and where its runs begin."""

import twins

CASE = twins.case(97_000, [3, 6, 2], ["tanh"], "quadratic", m=13)
W0 = twins.point(CASE)[0]
