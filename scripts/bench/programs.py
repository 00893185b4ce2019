"""Public programs of equilibrium propagation as they are, where clones of them are in a folder.

Each makes the steps that its own training loop makes on one batch, with the settings of a problem;
None where the clone or a package that it needs is missing.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from losses import on_threads


def _clone(folder, name):
    """Whether there is a clone that can be imported, which is then on the path."""
    clone = Path(folder) / name
    if not (find_spec("torch") and clone.is_dir()):
        return False
    if str(clone) not in sys.path:
        sys.path.insert(0, str(clone))
    return True


def laborieux(batch, folder, threads):
    """`Equilibrium-Propagation` of Laborieux: autograd of its function Φ at every step."""
    if not (_clone(folder, "Equilibrium-Propagation") and find_spec("torchvision")):
        return None
    import torch
    from model_utils import P_MLP, copy, my_sigmoid

    problem, data = batch.problem, batch.potential.data
    x = torch.from_numpy(np.array(data.x))
    labels = torch.from_numpy(np.argmax(data.y, axis=1))
    loss = torch.nn.MSELoss(reduction="none")
    model = P_MLP(list(problem.sizes), activation=my_sigmoid)
    start = [torch.from_numpy(part.copy()) for part in _parts(batch)]

    def run(n):
        with torch.no_grad():
            for own, given in zip(model.parameters(), start):
                own.copy_(given)
        optimizer = torch.optim.SGD(model.parameters(), lr=problem.step)
        for _ in range(n):
            neurons = model.init_neurons(problem.batch, "cpu")
            neurons = model(x, labels, neurons, problem.sweeps, beta=0.0, criterion=loss)
            free, found = copy(neurons), []
            for nudge in (problem.nudge, -problem.nudge):
                neurons = copy(free)
                neurons = model(
                    x, labels, neurons, problem.nudged_sweeps, beta=nudge, criterion=loss
                )
                found.append(copy(neurons))
            nudges = problem.nudge, -problem.nudge
            model.compute_syn_grads(x, labels, *found, nudges, loss)
            optimizer.step()
        return np.concatenate([own.detach().numpy().ravel() for own in model.parameters()])

    return on_threads(run, threads)


def rain(batch, folder, threads):
    """`energy-based-learning` of rain: its trainer, on a loader of one batch again and again."""
    if not _clone(folder, "energy-based-learning"):
        return None
    import torch
    from model.function.cost import SquaredError
    from model.function.network import Network
    from training.sgd import AugmentedFunction, EquilibriumProp

    problem, data = batch.problem, batch.potential.data
    shapes = [(1, 28, 28), *((size,) for size in problem.sizes[1:])]
    if problem.system == "resistive":
        from model.resistive.minimizer import QuadraticMinimizer as Minimizer
        from model.resistive.network import DeepResistiveEnergy

        energy = DeepResistiveEnergy([(2, 28, 28), *shapes[1:]], [1.0] * 2, 100.0)
    else:
        from model.hopfield.minimizer import FixedPointMinimizer as Minimizer
        from model.hopfield.network import DeepHopfieldEnergy

        energy = DeepHopfieldEnergy(shapes, [0.7] * (len(shapes) - 1))
    energy.set_device("cpu")
    cost, network = SquaredError(energy.layers()[-1]), Network(energy)
    augmented = AugmentedFunction(energy, cost)
    nudged, free = (Minimizer(each, network.free_layers()) for each in (augmented, energy))
    estimator = EquilibriumProp(energy.params(), energy.layers(), augmented, cost, nudged)
    estimator.nudging, estimator.variant = problem.nudge, "centered"
    nudged.num_iterations, free.num_iterations = problem.nudged_sweeps, problem.sweeps
    nudged.mode = free.mode = "asynchronous"
    x = torch.from_numpy(np.array(data.x)).reshape(problem.batch, 1, 28, 28)
    labels = torch.from_numpy(np.argmax(data.y, axis=1))
    parameters = [param.state for param in energy.params()]
    optimizer = torch.optim.SGD(parameters, lr=problem.step)

    def run(n):
        for _ in range(n):
            network.set_input(x, reset=True)
            free.compute_equilibrium()
            cost.set_target(labels)
            for param, grad in zip(energy.params(), estimator.compute_gradient()):
                param.state.grad = grad
            optimizer.step()
            for param in energy.params():
                param.clamp_()
        return batch.W0  # it begins at parameters of its own

    return on_threads(run, threads)


def _parts(batch):
    """Weights and biases in turn."""
    parts = batch.potential.system.network.parts(batch.W0.copy())
    return [array for part in parts for array in (part.weights, part.bias)]


#: by name in the table of problems
PROGRAMS = {"Laborieux": laborieux, "rain": rain}
