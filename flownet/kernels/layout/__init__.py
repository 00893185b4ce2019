"""What kernels of every device take, as named tuples."""

from .flow import *  # noqa: F403
from .kinks import *  # noqa: F403
from .orbits import *  # noqa: F403
from .problem import *  # noqa: F403
from .states import *  # noqa: F403
