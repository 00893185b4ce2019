"""What the map bends: the Hessian less Gauss-Newton, applied exactly and not as a difference."""

import numpy as np

from ...kernels.layout import QUADRATIC
from ..hessian import ComplexHessian, NetworkAction, NetworkHessian
from ._of_network import GaussNewton


class MapBends(NetworkAction):
    """B = Σ_s ∂ℓ_s·∂²f = H − F at W (D,): linear in the residual, 0 where the map is straight.

    The Hessian action of a loss that has a slope and no curvature, so that nothing cancels where B
    is small beside F.
    """

    what = "the map's bends"

    def _actions(self, rows):
        """B·V of rows (R, D) as kernels take them."""
        at, act, (net, loss, data) = self._at, self._kernels.actions, self._problem
        if loss.kind == QUADRATIC:  # what bends has no weight; the slope is in the state at W
            data = data._replace(weights=np.zeros(self._m, self.dtype))
        else:
            loss = loss._replace(inverse_temperature=0.0)

        def kernel(rows, out, buffers, workers, threads):
            act(net, loss, data, self.W, rows, out, at, buffers, workers, threads)

        return self._act(kernel, rows)

    def diagonal(self):
        """B_ii (D,), H_ii less F_ii."""
        hessian = ComplexHessian if self._potential.network.is_complex else NetworkHessian
        of = self._potential, self._given, self._state
        return hessian(*of).diagonal() - GaussNewton(*of).diagonal()
