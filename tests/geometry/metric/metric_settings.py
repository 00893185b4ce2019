"""The network that has every kind of metric: its size."""

from every_metric import NET

D = NET.size
