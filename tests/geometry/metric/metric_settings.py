"""The network that has every kind of metric: its size, a point, its metric that depends on time."""

from every_metric import EVERY, NET, ONES
from twins import uniforms

D = NET.size
W0 = uniforms(70, D)
TIMED = EVERY["timed"](ONES)
