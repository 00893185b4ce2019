"""What a CUDA device leaves to the host: plans, planes, orders of batches, threads of the CPU."""

import math

from ..cpu.base.pace import always
from ..cpu.base.plan import empty_planes, flops, network_plan
from ..cpu.base.threads import allowed, forked, limited, most
from ..cpu.motion.own import is_machine_code
from ..cpu.motion.shuffle import shuffle
from ..cpu.network.differential import from_planes, planes_of
from ..cpu.planes.plan import complex_plan

__all__ = [
    "WORTH_THREADS",
    "Pace",
    "allowed",
    "always",
    "complex_plan",
    "empty_planes",
    "flops",
    "forked",
    "from_planes",
    "is_machine_code",
    "limited",
    "most",
    "network_plan",
    "planes_of",
    "shuffle",
    "worthwhile",
]

#: floating-point operations from which several threads of the host pay: never
WORTH_THREADS = math.inf


def worthwhile(net, rows):
    """Threads of the host for a differential: the one that speaks to the device."""
    return 1


class Pace:
    """Threads of the host for work in units: always one, with as many units as there are."""

    def __init__(self, worth):
        pass

    @classmethod
    def of_network(cls, net, rows, *kind):
        """That of work on so many samples."""
        return cls(False)

    def share(self, left=1):
        """One thread, for all units that are left."""
        return 1, left

    def took(self, threads, units, seconds):
        """Nothing is to be learnt."""
