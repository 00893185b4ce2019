"""What kernels of every device are told, as named tuples."""

from .flow import *  # noqa: F403
from .problem import *  # noqa: F403
