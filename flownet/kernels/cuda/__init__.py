"""Kernels for CUDA devices: the entries that every device has, loaded when first used.

An entry takes and leaves host arrays, as on the CPU; what it needs on the device it holds there.
"""

import lazy_loader

from ._door import at, described  # noqa: F401  the door's way in

_names, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_on_host": [
            "BLOCK_ROWS",
            "Pace",
            "WORTH_THREADS",
            "allowed",
            "always",
            "flops",
            "forked",
            "is_machine_code",
            "limited",
            "most",
            "network_plan",
            "shuffle",
            "worthwhile",
        ],
        "members.advance": [
            "advance_members",
            "lanes_of",
            "largest_member",
            "members_at_once",
            "members_batches",
            "members_of_tile",
            "members_work",
            "members_works",
        ],
        "motion.analytic": ["analytic_differential", "analytic_jet"],
        "motion.run": ["step_with_memory"],
        "motion.advance": ["advance"],
        "network.differential": ["differential", "forward", "pullback"],
        "network.work": ["workspace"],
    },
)

#: what the CPU has and a CUDA device has not, with what there is in place of it
WITHOUT_TWIN = {
    name: f'{what} is not on a CUDA device: device="cpu" has it'
    for name, what in {"own_function": "a function of your own, compiled for the CPU,"}.items()
}
NOT_YET = [
    "StateAndResponse",
    "accept_step",
    "actions",
    "collect",
    "complex_plan",
    "dense",
    "diagonal_buffers",
    "empty_planes",
    "first_crossing",
    "for_workers",
    "from_planes",
    "hessian_diagonal",
    "integrate_flow",
    "integrate_on_branches",
    "integrator",
    "jet_workspace",
    "loss_jet",
    "neuron_derivatives",
    "partial_sums",
    "planes_of",
    "point",
    "push",
    "pushforward",
    "rate",
    "rate_on_branches",
    "response",
    "see_pre_activations",
    "state_at",
    "tangent",
    "third_actions",
]


def __getattr__(name):
    return _names(name)
