"""A field that is a Python function, as the integration wants it."""

from contextlib import nullcontext

import numpy as np

from ...kernels.device import kernels_of


class PythonField:
    """ẏ = field(y); `told(y)` gives L and ‖dL‖², for events and the losses of rows."""

    def __init__(self, field, told=None, stabilise=True):
        def velocity(problem, y, out, numbers):
            if not np.isfinite(y).all():  # a stage of a try that is far too long
                out[:] = np.nan
                return
            out[:] = field(y)
            if told is not None:
                numbers[:] = told(y)

        self.integrate = kernels_of().integrator(velocity, lambda function: function)
        self.problem, self.stabilise = nullcontext, stabilise
