"""A field that is a Python function, as the integration wants it."""

from contextlib import nullcontext

import numpy as np

from ...kernels.device import kernels_of


class PythonField:
    """ẏ = field(y); `meters(y)` gives L and ‖dL‖², for events and the losses of rows."""

    def __init__(self, field, meters=None, stabilise=True):
        def velocity(followed, y, out, measured):
            if not np.isfinite(y).all():  # a stage of a try that is far too long
                out[:] = np.nan
                return
            out[:] = field(y)
            if meters is not None:
                measured[:] = meters(y)

        self.integrate = kernels_of().integrator(velocity, lambda function: function)
        self.followed, self.stabilise = nullcontext, stabilise
        self.pace = kernels_of().Pace(worth=False)  # whatever it does, it does by itself
        self.state = {}  # nothing beside the solution
