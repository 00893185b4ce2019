"""Kernels for CUDA devices: the entries that every device has, loaded when first used.

An entry takes and leaves host arrays, as on the CPU; what it needs on the device it holds there.
"""

import lazy_loader

from ._door import at, described  # noqa: F401  the door's way in

_names, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_on_host": [
            "Pace",
            "WORTH_THREADS",
            "allowed",
            "always",
            "complex_plan",
            "empty_planes",
            "flops",
            "forked",
            "from_planes",
            "is_machine_code",
            "limited",
            "most",
            "network_plan",
            "planes_of",
            "shuffle",
            "worthwhile",
        ],
        "members.advance": [
            "advance_members",
            "lanes_of",
            "largest_member",
            "members_at_once",
            "members_batches",
            "members_looks",
            "members_of_tile",
            "members_work",
            "members_works",
        ],
        "motion.analytic": ["analytic_differential", "analytic_jet"],
        "motion.run": ["step_with_memory"],
        "motion.advance": ["BLOCK_BYTES", "advance"],
        "network.differential": ["differential", "forward", "pullback"],
        "network.work": ["workspace"],
        "flow.flow": ["dense", "integrate_flow", "integrator", "rate"],
        "flow.on_branches": [
            "accept_step",
            "first_crossing",
            "integrate_on_branches",
            "rate_on_branches",
            "see_pre_activations",
        ],
        "derivative.buffers": [
            "BLOCK_ROWS",
            "StateAndResponse",
            "for_workers",
            "jet_workspace",
            "partial_sums",
            "point",
            "tangent",
        ],
        "derivative.curvature": ["actions", "response"],
        "derivative.jet": ["loss_jet", "pushforward"],
        "derivative.point": ["state_at"],
        "derivative.straight": [
            "christoffel_at",
            "pull_at",
            "pull_to_units",
            "push_at",
            "straight_actions",
            "with_masses",
        ],
        "derivative.third": ["third_actions"],
        "diagonal.buffers": ["diagonal_buffers", "push"],
        "diagonal.diagonal": ["hessian_diagonal"],
        "diagonal.neurons": ["collect", "neuron_derivatives"],
    },
)

#: what the CPU has and a CUDA device has not, with what there is in place of it
_STATES = [
    *("drive_states", "flow_states", "relax_states", "solve_states"),
    *("exact_states", "learn_states", "states_covector", "states_work"),
    *("add_ends", "hold_conductances", "sum_conductances", "sums_of_rows"),
]
WITHOUT_TWIN = {
    name: f'{what} is not on a CUDA device: device="cpu" has it'
    for name, what in {
        "own_function": "a function of your own, compiled for the CPU,",
        **dict.fromkeys(_STATES, "the relaxation of a physical system"),
        **dict.fromkeys(
            ["orbits_adjoint", "orbits_back", "orbits_forth"], "the orbit of a mechanical system"
        ),
        "add_thermal_noise": "the noise of states at a temperature",
    }.items()
}


def __getattr__(name):
    return _names(name)
