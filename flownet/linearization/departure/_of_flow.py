"""What a run did beside one flow: distances, losses, path lengths, angles."""

from dataclasses import dataclass

import numpy as np

#: numbers of one flow at each row, columns of the stored analysis `departure`
COLUMNS = ("loss", "distance", "relative", "loss_difference", "arc_length", "angle")
PLAIN = "flow"  # name of the flow Ẇ = −g^♯dL


@dataclass(frozen=True, eq=False)
class FlowDeparture:
    """A run beside one flow from the same W0, at the same times.

    Attributes
    ----------
    name : str
    iteration, time : ndarray (T,)
        Of the rows of the run.
    parameters : (T, D)
        Of the flow; NaN where it could not be followed so far.
    loss : ndarray (T,)
        Of the flow, on the full potential.
    distance : ndarray (T,)
        ‖W_k − W(t_k)‖_g between the run and the flow.
    relative : ndarray (T,)
        The distance over the whole path length of the plain flow: a share of the picture. (The
        first step alone is a share hλ/2 of the path so far, which says nothing of the rest.)
    loss_difference : ndarray (T,)
        Loss of the run on the full potential, less that of the flow.
    arc_length : ndarray (T,)
        Path length ∫‖Ẇ‖_g dt of the flow.
    angle : ndarray (T,)
        Between the run's displacement from its row to the next recorded one and the flow's
        velocity at the same time, in radians; NaN at the last row. For plain descent on all data
        it begins at 0; at a right angle the run goes across the flow.
    """

    name: str
    iteration: np.ndarray
    time: np.ndarray
    parameters: object
    loss: np.ndarray
    distance: np.ndarray
    relative: np.ndarray
    loss_difference: np.ndarray
    arc_length: np.ndarray
    angle: np.ndarray

    @property
    def values(self):
        """Columns (T, C) as they are stored."""
        return np.stack([vars(self)[name] for name in COLUMNS], axis=1)

    def broken(self, bound):
        """Where the relative distance first exceeds a bound: (time, iteration), or None.

        The time is interpolated linearly between rows, the iteration that of the first row beyond.
        """
        beyond = np.flatnonzero(self.relative > bound)
        if not len(beyond):
            return None
        k = beyond[0]
        if k == 0:
            return float(self.time[0]), int(self.iteration[0])
        low, high = self.relative[k - 1 : k + 1]
        part = 0.0 if np.isinf(high) else np.clip((bound - low) / (high - low), 0, 1)
        return float(self.time[k - 1] + part * (self.time[k] - self.time[k - 1])), int(
            self.iteration[k]
        )
