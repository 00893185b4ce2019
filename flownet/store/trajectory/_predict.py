"""What the network of a run says of inputs, and how often it is right."""

import numpy as np

from ..._errors import FlownetError, shown
from ...data import Dataset
from ...model.chart import network_at


def predict(run, x, row):
    """Class (m,) of each input where the run's data have classes, else its outputs (m, n_out)."""
    network, W = _network_at(run, row)
    classes = run.potential.data.classes
    fit = classes is not None and len(classes) == network.sizes[-1]
    return network.predict(W, x, classes=classes if fit else None)


def score(run, data, row):
    """Share of samples whose class is right; without classes R², the mean over the outputs."""
    network, _ = _network_at(run, row)
    own = run.potential.data
    data = own if data is None else data
    if not isinstance(data, Dataset):
        raise FlownetError(f"score of {shown(data)}: it has to be a flownet.Dataset.")
    said = predict(run, data.x, row)
    if said.ndim == 1:
        return float(np.mean(said == _truth(own, data)))
    if data.y.shape[1] != network.sizes[-1]:
        raise FlownetError(
            f"the data {data.name!r} have {data.y.shape[1]} outputs, the network "
            f"{network.sizes[-1]}."
        )
    return r_squared(data.y, said)


def r_squared(y, y_hat):
    """1 − Σ|y − ŷ|²/Σ|y − ⟨y⟩|², the mean over the outputs; of a constant one 1 or 0."""
    missed = np.sum(np.abs(y - y_hat) ** 2, axis=0, dtype=np.float64)
    spread = np.sum(np.abs(y - y.mean(axis=0)) ** 2, axis=0, dtype=np.float64)
    flat = spread == 0
    return float(np.mean(np.where(flat, missed == 0, 1 - missed / np.where(flat, 1, spread))))


def _truth(own, data):
    """Classes (m,) of data in the words of the run's own."""
    if data.labels is None:
        raise FlownetError(f"score: the data {data.name!r} have no labels.")
    known, names = own.classes, data.classes
    if names is not None and known.dtype.kind == names.dtype.kind:
        return names[data.labels]  # by name: they may lack classes that the run's data have
    if data.labels.max() >= len(known):
        raise FlownetError(f"label {data.labels.max()}; the run's classes are {len(known)}.")
    return known[data.labels]


def _network_at(run, row):
    """The network and its parameters in a recorded row."""
    network, W = network_at(run.potential, run.parameters[row])
    if network is None or run.potential.data is None:
        raise FlownetError(f"{run.potential!r} has no network that could predict.")
    return network, W
