"""A field that is a Python function, as the integration wants it."""

from contextlib import nullcontext

import numpy as np

from ..kernels import integrate

_POWER_STEPS, _POWER_RTOL = 50, 0.02
_NUDGE = 1e-6  # of y, relative, along which a slope is compared


class PythonField:
    """ẏ = field(y); `told(y)` gives L and ‖dL‖², for events and the losses of rows."""

    def __init__(self, field, told=None):
        def velocity(problem, y, out, numbers):
            if not np.isfinite(y).all():  # a stage of a try that is far too long
                out[:] = np.nan
                return
            out[:] = field(y)
            if told is not None:
                numbers[:] = told(y)

        self.integrate = integrate.integrator(velocity, lambda function: function)
        self.problem, self._field = nullcontext, field

    def radius(self, y, start):
        """Spectral radius of ∂f/∂y by a nonlinear power method, and the direction it ends with."""
        here = self._field(y)
        v = start if start.any() else here
        length = _NUDGE * max(1.0, np.linalg.norm(y))
        radius = 0.0
        for _ in range(_POWER_STEPS):
            norm = np.linalg.norm(v)
            if not norm > 0:
                break
            change = self._field(y + (length / norm) * v) - here
            before, radius, v = radius, np.linalg.norm(change) / length, change
            if abs(radius - before) <= _POWER_RTOL * radius:
                break
        return radius, v
